"""What a form asks for, the terms that it would get, and why a place is refused."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts.models import CreditAccount, CreditLot, Passkey, User
from credits_portal.lib import clock
from redemption import deadlines, emails
from redemption.exceptions import (
    ParticipantNamedTwice,
    ParticipantTaken,
    SessionClosedError,
    SessionFull,
    TooFewCredits,
)
from redemption.models import Registration, Training, TrainingSession


class Person(NamedTuple):
    """Somebody named on the form. The address is kept in lower case."""

    name: str
    email: str


def tidy(person: Person) -> Person:
    """Return `person` with the address in lower case and no white space around."""
    return Person(person.name.strip(), person.email.strip().lower())


@dataclass(frozen=True, kw_only=True)
class Application:
    """What the form asks for."""

    training: Training
    session: TrainingSession | None
    passkey: Passkey
    registrant: Person
    participants: Sequence[Person]
    key: str
    note: str = ""
    cost_centre: str = ""
    language: str = ""
    finish_by_accepted: date | None = None
    user: User | None = None

    @property
    def account(self) -> CreditAccount:
        """Return the account that pays."""
        return self.passkey.account

    @property
    def credits(self) -> int:
        """Return the price in credits."""
        return self.training.credits * len(self.participants)

    @property
    def fits(self) -> date:
        """Return the day that lots must last to be drawn first (rules.md 3)."""
        if self.session is not None:
            return self.session.end_date
        return clock.today() + timedelta(days=self.training.days_needed)

    @property
    def fingerprint(self) -> str:
        """Return what tells a repeat of the same form from another use of its key."""
        parts = [
            self.training.pk,
            self.session and self.session.pk,
            self.account.pk,
            self.registrant,
            list(self.participants),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the check page tells before anything is spent."""

    credits: int
    needs_approval: bool
    decide_by: datetime | None
    cancel_until: datetime | None
    finish_by: date | None
    asks_finish_by: bool


def needs_approval(account: CreditAccount, user: User | None) -> bool:
    """Tell whether a request has to be decided; the signed-in owner's has not (rules.md 5)."""
    return account.requires_approval and not (user is not None and account.owner_id == user.pk)


def preview(application: Application) -> Terms:
    """Return the terms of `application` as they stand now; nothing is kept.

    Raises RedemptionError as `submit` would; for too few credits the owner is told.
    """
    approval = needs_approval(application.account, application.user)
    check_places(application, application.session, approval=approval)
    last_days = drawable(application.account, application.credits, application.fits)
    asks_finish_by = False
    if last_days is None and application.session is None:
        asks_finish_by = True
        last_days = drawable(application.account, application.credits, clock.today())
    if last_days is None:
        tell_turned_away(application)
        raise TooFewCredits
    session = application.session
    starts_at = session.starts_at if session else None
    return Terms(
        credits=application.credits,
        needs_approval=approval,
        decide_by=deadlines.decide_by(
            submitted_at=clock.now(), starts_at=starts_at, last_days=last_days
        )
        if approval
        else None,
        cancel_until=deadlines.cancel_until(starts_at=starts_at, confirmed_at=clock.now())
        if starts_at
        else None,
        finish_by=None if session else min(last_days),
        asks_finish_by=asks_finish_by,
    )


def terms_digest(application: Application, terms: Terms) -> str:
    """Return what the check form sends back, so that only terms that it showed are entered.

    The last moments, which move with the clock, are no part of it.
    """
    session = application.session
    when = [session.starts_at, session.ends_at, session.time_zone, session.place] if session else []
    price = [terms.credits, terms.needs_approval, terms.finish_by, terms.asks_finish_by]
    parts = [application.fingerprint, *price, *when]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def drawable(account: CreditAccount, credits: int, fits: date) -> list[date] | None:
    """Return the last days of the lots that would pay, or None where they are too few."""
    lots = CreditLot.objects.filter(
        account=account, available__gt=0, last_day__gte=max(fits, clock.today())
    )
    drawn, missing = [], credits
    for last_day, available in lots.order_by("last_day", "id").values_list("last_day", "available"):
        drawn.append(last_day)
        missing -= available
        if missing <= 0:
            return drawn
    return None


def tell_turned_away(application: Application) -> None:
    """Tell the owner, once a day and in a transaction of its own (rules.md 4)."""
    with transaction.atomic():
        emails.queue_too_few_credits(
            account=application.account,
            training=application.training,
            name=application.registrant.name,
            email=application.registrant.email,
            credits=application.credits,
        )


def check_open(session: TrainingSession, *, needs_approval: bool) -> None:
    """Raise SessionClosedError unless `session` still takes registrations (rules.md 5)."""
    closes_at = deadlines.closes_at(starts_at=session.starts_at, needs_approval=needs_approval)
    if session.is_cancelled or clock.now() >= closes_at:
        raise SessionClosedError


def check_seats(session: TrainingSession, wanted: int) -> None:
    """Raise SessionFull if fewer than `wanted` seats are left; the session is locked."""
    left = session.seats - session.registrations.seated().count()
    if left < wanted:
        raise SessionFull(left)


def check_places(
    application: Application, session: TrainingSession | None, *, approval: bool
) -> None:
    """Raise where the date is closed or full, or a participant has a place already."""
    if not application.training.is_active or not application.participants:
        raise SessionClosedError
    if application.training.is_live != (session is not None):
        raise SessionClosedError
    if session is not None:
        if session.training_id != application.training.pk:
            raise SessionClosedError
        check_open(session, needs_approval=approval)
        check_seats(session, len(application.participants))
    named = [person.email for person in application.participants]
    for email in named:
        if named.count(email) > 1:
            raise ParticipantNamedTwice(email)
    for email in taken_of(application):
        raise ParticipantTaken(email)


def taken_of(application: Application) -> list[str]:
    """Return the participants' addresses that have a place already (rules.md 4)."""
    return taken_addresses(
        account=application.account,
        training=application.training,
        session=application.session,
        addresses=[person.email for person in application.participants],
    )


def taken_addresses(
    *,
    account: CreditAccount,
    training: Training,
    session: TrainingSession | None,
    addresses: Iterable[str],
) -> list[str]:
    """Return which of `addresses` wait or are booked for the session (or course) already."""
    places = Registration.objects.live().filter(account=account, email__in=list(addresses))
    places = places.filter(session=session) if session else places.filter(training=training)
    return list(places.values_list("email", flat=True))
