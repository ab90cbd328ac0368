"""How a waiting request ends: confirmed, declined, lapsed or withdrawn (rules.md 5).

Who may decide is the business of approvals, which calls these under its own request's rules.
"""

from accounts import ledger
from accounts.models import Hold, LedgerEntry, User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import emails
from redemption.exceptions import NotPending, SessionClosedError
from redemption.models import Redemption, Registration
from redemption.signals import redemption_ended

Actor = User | str


def lock_pending(redemption: Redemption) -> Redemption:
    """Lock session and redemption, in that order; raise NotPending unless it still waits."""
    if redemption.session is not None:
        session = locked(redemption.session)
    fresh = locked(redemption)
    if not fresh.is_pending:
        raise NotPending
    if redemption.session is not None:
        fresh.session = session
    return fresh


def hold_of(redemption: Redemption) -> Hold:
    """Return the hold that every pending request has."""
    if redemption.hold is None:
        raise NotPending
    return redemption.hold


@transactional
def confirm(*, redemption: Redemption, actor: Actor) -> Redemption:
    """Turn the held credits into paid places; everybody is told.

    Raises NotPending (also past the decide-by), SessionClosedError, or a LedgerError: the
    account is frozen, a lot held has ended.
    """
    redemption = lock_pending(redemption)
    now = clock.now()
    if redemption.decide_by is not None and redemption.decide_by <= now:
        raise NotPending
    session = redemption.session
    if session is not None and (session.is_cancelled or session.has_started):
        raise SessionClosedError
    redemption.status = Redemption.Status.CONFIRMED
    redemption.confirmed_at = now
    emails.queue_confirmed(redemption)
    redemption.entry = ledger.capture(
        hold=hold_of(redemption), key=f"redemption:{redemption.pk}:capture", actor=actor
    )
    redemption.save(update_fields=["status", "confirmed_at", "entry"])
    redemption.registrations.filter(status=Registration.Status.WAITING).update(
        status=Registration.Status.REGISTERED, entry=redemption.entry
    )
    redemption_ended.send(sender=Redemption, redemption=redemption, actor=actor)
    return redemption


@transactional
def decline(*, redemption: Redemption, actor: Actor, reason: str) -> Redemption:
    """Refuse the request; the registrant reads `reason`. Raises NotPending."""
    redemption = lock_pending(redemption)
    end_pending(redemption, status=Redemption.Status.DECLINED, actor=actor, reason=reason)
    emails.queue_declined(redemption)
    redemption_ended.send(sender=Redemption, redemption=redemption, actor=actor)
    return redemption


@transactional
def lapse(*, redemption: Redemption, actor: Actor) -> Redemption:
    """End a request that nobody decided in time. Raises NotPending, before its time too."""
    redemption = lock_pending(redemption)
    if redemption.decide_by is None or redemption.decide_by > clock.now():
        raise NotPending
    end_pending(redemption, status=Redemption.Status.LAPSED, actor=actor)
    emails.queue_lapsed(redemption)
    redemption_ended.send(sender=Redemption, redemption=redemption, actor=actor)
    return redemption


@transactional
def withdraw(*, redemption: Redemption, actor: Actor) -> Redemption:
    """Take the request back for the registrant. Raises NotPending."""
    redemption = lock_pending(redemption)
    end_pending(redemption, status=Redemption.Status.WITHDRAWN, actor=actor)
    emails.queue_withdrawn(redemption)
    redemption_ended.send(sender=Redemption, redemption=redemption, actor=actor)
    return redemption


def end_pending(
    redemption: Redemption, *, status: str, actor: Actor, reason: str = ""
) -> LedgerEntry:
    """Free the seats and release the hold of a locked, pending `redemption`; return the entry."""
    redemption.status = status
    redemption.ended_at = clock.now()
    redemption.outcome_note = reason
    redemption.save(update_fields=["status", "ended_at", "outcome_note"])
    redemption.registrations.live().update(
        status=Registration.Status.CANCELLED, ended_at=redemption.ended_at
    )
    return ledger.release(
        hold=hold_of(redemption),
        key=f"redemption:{redemption.pk}:release",
        actor=actor,
        reason=reason or status,
    )
