"""On-demand training: start, finish, and the end of access (rules.md 3)."""

from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import emails
from redemption.exceptions import NothingToChange, TooLate
from redemption.models import Registration


@transactional
def start(*, place: Registration) -> Registration:
    """Open access to the course; from now on the place cannot be cancelled for its credits."""
    place = _lock_running(place)
    if place.started_at is None:
        place.started_at = clock.now()
        place.save(update_fields=["started_at"])
    return place


@transactional
def finish(*, place: Registration) -> Registration:
    """Close access: the participant, or staff, says that the course is done."""
    place = _lock_running(place)
    if place.started_at is None:
        raise NothingToChange
    place.status = Registration.Status.ATTENDED
    place.finished_at = place.ended_at = clock.now()
    place.save(update_fields=["status", "finished_at", "ended_at"])
    return place


def _lock_running(place: Registration) -> Registration:
    """Lock the place. Raises NothingToChange if it is over, TooLate past its finish-by date."""
    place = locked(place)
    if not place.is_registered or place.session_id is not None:
        raise NothingToChange
    if place.is_over:
        raise TooLate
    return place


@transactional
def end_access(*, place: Registration) -> Registration:
    """Book an on-demand place as missed once its finish-by date is over (rules.md 3)."""
    place = locked(place)
    if not place.is_registered or not place.is_over:
        raise NothingToChange
    place.status = Registration.Status.MISSED
    place.ended_at = clock.now()
    place.save(update_fields=["status", "ended_at"])
    emails.queue_access_ended(place)
    return place
