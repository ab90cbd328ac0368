"""Every write of the redemption app: checkout, decisions, changes, the programme's own."""

from redemption.services.applications import (
    Application,
    Person,
    Terms,
    preview,
    terms_digest,
)
from redemption.services.changes import (
    cancel,
    change_date,
    correct_address,
    correct_participant,
    give_up,
    replace,
    return_credits,
)
from redemption.services.checkout import submit
from redemption.services.courses import end_access, finish, start
from redemption.services.decisions import confirm, decline, lapse, lock_pending, withdraw
from redemption.services.links import mail_links
from redemption.services.programme import (
    cancel_session,
    change_joining,
    mark_attendance,
    move_session,
)
from redemption.services.reminders import (
    accounts_with_lots_to_remind,
    remind_of_classes,
    remind_of_courses,
    remind_of_lots,
)

__all__ = [
    "Application",
    "Person",
    "Terms",
    "accounts_with_lots_to_remind",
    "cancel",
    "cancel_session",
    "change_date",
    "change_joining",
    "confirm",
    "correct_address",
    "correct_participant",
    "decline",
    "end_access",
    "finish",
    "give_up",
    "lapse",
    "lock_pending",
    "mail_links",
    "mark_attendance",
    "move_session",
    "preview",
    "remind_of_classes",
    "remind_of_courses",
    "remind_of_lots",
    "replace",
    "return_credits",
    "start",
    "submit",
    "terms_digest",
    "withdraw",
]
