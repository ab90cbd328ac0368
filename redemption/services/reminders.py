"""What is due by the calendar: reminders of classes, courses and lots (rules.md 3 and 8).

Each run looks at the present only: a late one sends the step that is due now, not those missed.
"""

from collections.abc import Iterable
from datetime import timedelta

from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from credits_portal.outbox.models import OutboundMail
from redemption import emails
from redemption.models import LotReminder, Registration

CLASS_STEPS = (1, 7)
COURSE_STEPS = (7, 30)
LOT_STEPS = (1, 7, 14, 30, 60, 90)
ALWAYS_SENT = {1, 7, 30}
EXPIRED = 0
NEW_FOR = timedelta(days=7)
EXPIRED_LATELY = timedelta(days=30)


def step_due(days_left: float, steps: Iterable[int]) -> int | None:
    """Return the step that `days_left` has reached, or None while it is ahead of all."""
    return next((step for step in sorted(steps) if days_left <= step), None)


@transactional
def remind_of_classes() -> int:
    """Remind the participants of classes 7 days and 1 day ahead; return how many were due.

    Who was confirmed after a step's moment has the confirmation instead.
    """
    now = clock.now()
    booked = Registration.objects.filter(
        status=Registration.Status.REGISTERED,
        session__starts_at__gt=now,
        session__starts_at__lte=now + timedelta(days=max(CLASS_STEPS)),
    ).select_related("session", "redemption")
    due: dict[str, tuple[Registration, int]] = {}
    for place in booked:
        if place.session is None or place.redemption.confirmed_at is None:
            continue
        step = step_due((place.session.starts_at - now) / timedelta(days=1), CLASS_STEPS)
        if step and place.redemption.confirmed_at < place.session.starts_at - timedelta(days=step):
            fact = emails.class_reminder_fact(place, step)
            due[f"redemption:{place.redemption_id}:{fact}"] = (place, step)
    sent = OutboundMail.objects.filter(key__in=list(due)).values_list("key", flat=True)
    for key in set(due) - set(sent):
        place, step = due[key]
        emails.queue_class_reminder(place, step=step)
    return len(due)


@transactional
def remind_of_courses() -> None:
    """Remind on-demand participants 30 and 7 days before their finish-by date."""
    today = clock.today()
    running = Registration.objects.filter(
        status=Registration.Status.REGISTERED,
        finish_by__gte=today,
        finish_by__lte=today + timedelta(days=max(COURSE_STEPS)),
    ).select_related("redemption")
    for place in running:
        if place.finish_by is None or place.redemption.confirmed_at is None:
            continue
        step = step_due((place.finish_by - today).days, COURSE_STEPS)
        confirmed_on = clock.day_of(place.redemption.confirmed_at)
        if step and confirmed_on <= place.finish_by - timedelta(days=step):
            emails.queue_finish_reminder(place, step=step)


def accounts_with_lots_to_remind() -> list[int]:
    """Return the accounts with credits that are on the ladder, or expired lately."""
    today = clock.today()
    soon = CreditLot.objects.filter(
        available__gt=0, last_day__gte=today, last_day__lte=today + timedelta(days=max(LOT_STEPS))
    )
    gone = CreditLot.objects.filter(
        last_day__lt=today, last_day__gte=today - EXPIRED_LATELY
    ).exclude(reminders__step=EXPIRED)
    ids = {*soon.values_list("account", flat=True), *gone.values_list("account", flat=True)}
    return sorted(ids)


@transactional
def remind_of_lots(*, account: CreditAccount) -> None:
    """Send the account's reminder of the day, and the notice of what expired (rules.md 8)."""
    account = locked(account)
    _remind_expiring(account)
    _tell_expired(account)


def _remind_expiring(account: CreditAccount) -> None:
    """Send one mail for all lots that reached a new step; each step once."""
    today = clock.today()
    lots = account.lots.filter(
        available__gt=0,
        last_day__gte=today,
        last_day__lte=today + timedelta(days=max(LOT_STEPS)),
        purchased_on__lte=today - NEW_FOR,
    )
    sent = set(LotReminder.objects.filter(lot__in=lots).values_list("lot", "step"))
    steps = {lot: step_due((lot.last_day - today).days, LOT_STEPS) for lot in lots}
    due = {lot: step for lot, step in steps.items() if step and (lot.pk, step) not in sent}
    if not due or emails.was_reminded_today(account):
        return
    _note(due)
    early = not ALWAYS_SENT & set(due.values())
    emails.queue_lots_expiring(account=account, lots=due, early=early)


def _tell_expired(account: CreditAccount) -> None:
    """Say once what expired; a lot used up expires silently."""
    today = clock.today()
    ended = account.lots.filter(last_day__lt=today, last_day__gte=today - EXPIRED_LATELY)
    due = dict.fromkeys(ended.exclude(reminders__step=EXPIRED), EXPIRED)
    lost = [lot for lot in due if lot.expired + lot.available > 0]
    _note(due)
    if lost:
        emails.queue_lots_expired(account=account, lots=lost)


def _note(due: dict[CreditLot, int]) -> None:
    """Keep which steps are sent."""
    LotReminder.objects.bulk_create(LotReminder(lot=lot, step=step) for lot, step in due.items())
