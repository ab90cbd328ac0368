"""What the programme does with a class: move it, call it off, mark who came (rules.md 6)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F, QuerySet

from accounts.models import User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import deadlines, emails
from redemption.exceptions import NothingToChange, SessionClosedError
from redemption.models import Redemption, Registration, TrainingSession
from redemption.services import returns
from redemption.services.changes import close_if_empty, end_places
from redemption.services.decisions import end_pending
from redemption.signals import redemption_ended, redemption_moved


def lock_concerned(places: QuerySet[Registration]) -> list[Redemption]:
    """Lock the registrations of places in a (locked) session, by id; return them."""
    ids = places.values_list("redemption", flat=True)
    found = Redemption.objects.filter(pk__in=ids).order_by("pk")
    return [locked(redemption) for redemption in found]


@transactional
def move_session(
    *, session: TrainingSession, starts_at: datetime, ends_at: datetime, notice: str
) -> TrainingSession:
    """Move a class. Registrations stay valid, even past a lot's last day; everybody is told.

    They may be cancelled for full credits within 14 days of this notice, before the start.
    Raises SessionClosedError for a class that has begun or was called off.
    """
    session = locked(session)
    if session.is_cancelled or session.has_started or starts_at <= clock.now():
        raise SessionClosedError
    redemptions = lock_concerned(session.registrations.live())
    session.moved_from, session.moved_at = session.starts_at, clock.now()
    session.starts_at, session.ends_at = starts_at, ends_at
    session.notice = notice
    session.save(update_fields=["moved_from", "moved_at", "starts_at", "ends_at", "notice"])
    session.registrations.live().update(sequence=F("sequence") + 1)
    for redemption in redemptions:
        if redemption.is_pending:
            _move_decide_by(redemption, session)
        emails.queue_class_moved(redemption, session)
    return session


def _move_decide_by(redemption: Redemption, session: TrainingSession) -> None:
    """Reckon the decide-by of a waiting request anew."""
    hold = redemption.hold
    last_days = hold.postings.values_list("lot__last_day", flat=True) if hold else []
    redemption.decide_by = deadlines.decide_by(
        submitted_at=redemption.submitted_at,
        starts_at=session.starts_at,
        last_days=last_days,
        moved_at=session.moved_at,
    )
    redemption.save(update_fields=["decide_by"])
    redemption.session = session
    redemption_moved.send(sender=Redemption, redemption=redemption)


@transactional
def cancel_session(*, session: TrainingSession, notice: str, actor: User) -> TrainingSession:
    """Call a class off: all credits return, its waiting requests end, everybody is told.

    A place given up before the start returns its credits too: there is no class to have missed.
    Credits whose lot has fewer than 60 days left come back as a new lot of 60 days.
    Raises NothingToChange where it was called off already.
    """
    session = locked(session)
    if session.is_cancelled:
        raise NothingToChange
    concerned = session.registrations.owed_if_called_off()
    redemptions = lock_concerned(concerned)
    session.status = TrainingSession.Status.CANCELLED
    session.cancelled_at = clock.now()
    session.notice = notice
    session.save(update_fields=["status", "cancelled_at", "notice"])
    for redemption in sorted(redemptions, key=lambda each: (each.account_id, each.pk)):
        if redemption.is_pending:
            entries = _end_request(redemption, actor, notice)
            places: list[Registration] = []
        else:
            places = list(concerned.filter(redemption=redemption))
            entries = _return_all(redemption, places, actor, notice)
        emails.queue_class_cancelled(redemption, session, places, entries)
    return session


def _end_request(redemption: Redemption, actor: User, notice: str) -> list[int]:
    """End a waiting request of a class called off; return the entries' ids."""
    entry = end_pending(redemption, status=Redemption.Status.CANCELLED, actor=actor, reason=notice)
    key = f"redemption:{redemption.pk}:release"
    taken = returns.taken_again(entry)
    added = returns.extend(entry, key=key, actor=actor, reason=notice)
    redemption_ended.send(sender=Redemption, redemption=redemption, actor=actor)
    return [entry.pk, *taken, *added]


def _return_all(
    redemption: Redemption, places: Iterable[Registration], actor: User, notice: str
) -> list[int]:
    """Return the credits of the places of a class called off; return the entries' ids."""
    entries: list[int] = []
    for place in places:
        entries += returns.give_back(
            place,
            key=f"registration:{place.pk}:cancel",
            actor=actor,
            reason=notice,
            extended=True,
        )
    end_places(places, Registration.Status.CANCELLED, note=notice)
    close_if_empty(redemption, notice)
    return entries


@transactional
def change_joining(*, session: TrainingSession, place: str, link: str, details: str) -> bool:
    """Change where and how to join; those registered are told. Return whether it changed."""
    session = locked(session)
    wanted = {"place": place, "link": link, "joining_details": details}
    if all(getattr(session, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(session, name, value)
    session.save(update_fields=list(wanted))
    booked = session.registrations.filter(status=Registration.Status.REGISTERED)
    booked.update(sequence=F("sequence") + 1)
    for registration in booked.select_related("redemption"):
        emails.queue_joining_changed(registration)
    return True


@transactional
def mark_attendance(*, session: TrainingSession, attended: Collection[int]) -> int:
    """Mark the places whose ids are in `attended` as attended, the others as missed.

    Neither returns credits by itself (rules.md 3). May be repeated to correct it. Returns how
    many attended. Raises NothingToChange before the class has begun.
    """
    session = locked(session)
    if session.is_cancelled or not session.has_started:
        raise NothingToChange
    rows = session.registrations.paid()
    present = rows.filter(pk__in=list(attended))
    absent = rows.exclude(pk__in=list(attended)).filter(
        status__in=[Registration.Status.REGISTERED, Registration.Status.ATTENDED]
    )
    for place in absent.select_related("redemption"):
        emails.queue_missed(place)
    absent.update(status=Registration.Status.MISSED, ended_at=clock.now())
    return present.update(status=Registration.Status.ATTENDED, ended_at=clock.now())
