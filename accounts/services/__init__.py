"""What people do with credit accounts: every change locks the account's row and mails who is told.

Passkeys have a module of their own, `accounts.passkeys`; credits are `accounts.ledger`'s.
"""

from .accounts import (
    change_profile,
    change_settings,
    choose_language,
    freeze,
    open_account,
    release,
)
from .alerts import low_balance_alert
from .delegates import accept_delegation, invite_delegate, remove_delegate, resend_invitation
from .ownership import offer_ownership, replace_owner, take_ownership, withdraw_offer
from .people import (
    Approver,
    approvers_of,
    deciders_of,
    delegates_with_mail_state,
    names_of_actors,
    reminder_recipients,
)
from .reminders import Subscription, subscription_of, unsubscribe, unsubscribe_url

__all__ = [
    "Approver",
    "Subscription",
    "accept_delegation",
    "approvers_of",
    "change_profile",
    "change_settings",
    "choose_language",
    "deciders_of",
    "delegates_with_mail_state",
    "freeze",
    "invite_delegate",
    "low_balance_alert",
    "names_of_actors",
    "offer_ownership",
    "open_account",
    "release",
    "reminder_recipients",
    "remove_delegate",
    "replace_owner",
    "resend_invitation",
    "subscription_of",
    "take_ownership",
    "unsubscribe",
    "unsubscribe_url",
    "withdraw_offer",
]
