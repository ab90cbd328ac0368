"""Changes of a confirmed registration: cancel, give up, change the date, replace, correct."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from accounts import ledger
from accounts.models import User
from accounts.services import low_balance_alert
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import emails
from redemption.exceptions import (
    NothingToChange,
    ParticipantTaken,
    SpendingStopped,
    TooFewCredits,
    TooLate,
)
from redemption.models import Redemption, Registration, TrainingSession
from redemption.returned import is_extended
from redemption.services import returns
from redemption.services.applications import (
    Person,
    check_open,
    check_seats,
    taken_addresses,
    tidy,
)

Actor = User | str


def lock_places(
    redemption: Redemption, places: Sequence[Registration], *others: TrainingSession
) -> tuple[Redemption, list[Registration]]:
    """Lock sessions by id, then the redemption; read the places again.

    Raises NothingToChange unless every one of them still waits or is booked.
    """
    sessions = {place.session for place in places if place.session} | set(others)
    for session in sorted(sessions, key=lambda each: each.pk):
        locked(session)
    redemption = locked(redemption)
    rows = redemption.registrations.live().filter(pk__in=[place.pk for place in places])
    fresh = list(rows.select_related("session", "training", "entry", "redemption", "account"))
    if not fresh or len(fresh) != len(places):
        raise NothingToChange
    return redemption, fresh


@transactional
def cancel(*, redemption: Redemption, places: Sequence[Registration], actor: Actor) -> Redemption:
    """Cancel places for their credits, up to the cut-off (rules.md 6).

    Raises NothingToChange or TooLate.
    """
    redemption, places = lock_places(redemption, places)
    if not all(place.can_cancel for place in places):
        raise TooLate
    entries: list[int] = []
    for place in places:
        entries += returns.give_back(
            place,
            key=f"registration:{place.pk}:cancel",
            actor=actor,
            reason=f"{redemption.reference} cancelled",
            extended=is_extended(place),
        )
    end_places(places, Registration.Status.CANCELLED)
    close_if_empty(redemption)
    emails.queue_cancelled(redemption, places, entries)
    return redemption


def end_places(places: Iterable[Registration], status: str, note: str = "") -> None:
    """Give the places their last state."""
    for place in places:
        place.status = status
        place.ended_at = clock.now()
        place.sequence += 1
        place.note = note
        place.save(update_fields=["status", "ended_at", "sequence", "note"])


def close_if_empty(redemption: Redemption, note: str = "") -> None:
    """Cancel the whole registration once no place of it is left."""
    if redemption.registrations.exclude(status=Registration.Status.CANCELLED).exists():
        return
    redemption.status = Redemption.Status.CANCELLED
    redemption.ended_at = clock.now()
    redemption.outcome_note = note
    redemption.save(update_fields=["status", "ended_at", "outcome_note"])


@transactional
def give_up(*, redemption: Redemption, place: Registration, actor: Actor) -> Registration:
    """Free the seat of a place past its cut-off: booked as missed, no credits (rules.md 6).

    Raises NothingToChange; TooLate once the class has begun.
    """
    redemption, (place,) = lock_places(redemption, [place])
    if not place.is_registered or place.session is None or place.can_cancel:
        raise NothingToChange
    if place.has_begun:
        raise TooLate
    end_places([place], Registration.Status.MISSED, note=f"given up by {actor}")
    emails.queue_given_up(place)
    return place


@transactional
def return_credits(
    *, redemption: Redemption, place: Registration, actor: User, reason: str
) -> Registration:
    """Let staff return the credits of a missed place, with a reason (rules.md 3 and 6)."""
    redemption = locked(redemption)
    place = redemption.registrations.select_related("session", "redemption", "entry").get(
        pk=place.pk
    )
    if place.status != Registration.Status.MISSED:
        raise NothingToChange
    entries = returns.give_back(
        place, key=f"registration:{place.pk}:return", actor=actor, reason=reason
    )
    end_places([place], Registration.Status.CANCELLED, note=reason)
    close_if_empty(redemption)
    emails.queue_cancelled(redemption, [place], entries)
    return place


def change_date(
    *,
    redemption: Redemption,
    places: Sequence[Registration],
    session: TrainingSession,
    actor: Actor,
) -> Redemption:
    """Move places to another session of the same training, up to the cut-off (rules.md 6).

    The credits are drawn again for the new date; the price stays, nobody has to approve again.
    Raises RedemptionError; nothing is changed then.
    """
    try:
        return _change_date(redemption, places, session, actor)
    except ledger.InsufficientCredits as error:
        raise TooFewCredits from error
    except ledger.AccountFrozen as error:
        raise SpendingStopped from error


@transactional
def _change_date(
    redemption: Redemption,
    places: Sequence[Registration],
    session: TrainingSession,
    actor: Actor,
) -> Redemption:
    redemption, places = lock_places(redemption, places, session)
    session = TrainingSession.objects.get(pk=session.pk)
    if session.training_id != redemption.training_id:
        raise NothingToChange
    if not all(place.can_cancel and place.session_id != session.pk for place in places):
        raise TooLate
    check_open(session, needs_approval=False)
    check_seats(session, len(places))
    addresses = [place.email for place in places]
    for email in taken_addresses(
        account=redemption.account,
        training=redemption.training,
        session=session,
        addresses=addresses,
    ):
        raise ParticipantTaken(email)
    account = locked(redemption.account)
    cause = f"registration:{places[0].pk}:date:{places[0].sequence}"
    with low_balance_alert(account=account, cause=cause):
        for place in places:
            _redraw(place, session, actor)
    if not redemption.registrations.seated().exclude(session=session).exists():
        redemption.session = session
        redemption.save(update_fields=["session"])
    emails.queue_date_changed(redemption, places)
    return redemption


def _redraw(place: Registration, session: TrainingSession, actor: Actor) -> None:
    """Give the old draw back and draw again for `session`, in one transaction.

    Of a class that the programme moved, what returns has its 60 days (rules.md 6.8), so that it
    pays the new date.
    """
    place.sequence += 1
    name = f"registration:{place.pk}:date:{place.sequence}"
    reason = f"{place.redemption.reference} moved to another date"
    extended = is_extended(place)
    returns.give_back(place, key=f"{name}:back", actor=actor, reason=reason, extended=extended)
    place.entry = ledger.redeem(
        account=place.account,
        credits=place.credits,
        fits=session.end_date,
        key=name,
        actor=actor,
        reason=reason,
    )
    place.session = session
    place.save(update_fields=["entry", "session", "sequence"])


def replace(*, redemption: Redemption, place: Registration, person: Person) -> Registration:
    """Give the place to somebody else, up to the start; no credits move (rules.md 6).

    Both names stay on record. Raises NothingToChange, TooLate or ParticipantTaken.
    """
    person = tidy(person)
    try:
        return _replace(redemption, place, person)
    except IntegrityError as error:
        raise ParticipantTaken(person.email) from error


@transactional
def _replace(redemption: Redemption, place: Registration, person: Person) -> Registration:
    redemption, (old,) = lock_places(redemption, [place])
    if old.has_begun:
        raise TooLate
    status = old.status
    end_places([old], Registration.Status.CANCELLED)
    new = Registration(
        redemption=redemption,
        account=old.account,
        training=old.training,
        session=old.session,
        name=person.name,
        email=person.email,
        credits=old.credits,
        entry=old.entry,
        finish_by=old.finish_by,
        status=status,
        replaces=old,
    )
    with transaction.atomic():
        new.save()
    if new.is_registered:
        emails.queue_replaced(old, new)
    return new


@transactional
def correct_address(*, redemption: Redemption, email: str) -> Redemption:
    """Put the registrant's address right; the old links die (rules.md 4).

    A place of the registrant's own moves along. What was sent goes to the new address again.
    """
    redemption = locked(redemption)
    old, redemption.email = redemption.email, email.strip().lower()
    redemption.renew_link()
    redemption.save(update_fields=["email", "link_nonce", "link_digest"])
    for place in redemption.registrations.live().filter(email=old):
        _readdress(place, redemption.email)
    emails.queue_corrected(redemption)
    return redemption


def _readdress(place: Registration, email: str) -> None:
    """Change a participant's address and link."""
    place.email = email
    place.renew_link()
    try:
        with transaction.atomic():
            place.save(update_fields=["email", "link_nonce", "link_digest"])
    except IntegrityError as error:
        raise ParticipantTaken(email) from error


@transactional
def correct_participant(*, place: Registration, email: str) -> Registration:
    """Put a participant's address right; the old link dies, the mail goes out again."""
    _redemption, (place,) = lock_places(place.redemption, [place])
    _readdress(place, email.strip().lower())
    if place.is_registered:
        emails.queue_place_corrected(place)
    return place
