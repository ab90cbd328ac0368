"""Opening, deciding, reminding and lapsing requests for approval (rules.md 5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.ledger import AccountFrozen, HoldEnded, LedgerError
from accounts.models import CreditAccount, User
from accounts.services import Approver, approvers_of, deciders_of
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import services as redemptions
from redemption.emails import class_moved_key
from redemption.exceptions import RedemptionError
from redemption.models import Redemption

from . import emails
from .exceptions import (
    AlreadyEnded,
    CannotBeApproved,
    NotAnApprover,
    OwnRequest,
    ReasonMissing,
    SignInNeeded,
    TermsChanged,
)
from .facts import terms_digest
from .models import ApprovalLink, ApprovalRequest

Status = ApprovalRequest.Status
How = ApprovalRequest.How

ENDED_AS: dict[str, ApprovalRequest.Status] = {
    Redemption.Status.CONFIRMED: Status.APPROVED,
    Redemption.Status.DECLINED: Status.DECLINED,
    Redemption.Status.LAPSED: Status.LAPSED,
}


@dataclass(frozen=True)
class Decider:
    """Who decides, and by which way they are known. The ledger's actor is never an address."""

    email: str
    actor: User | str
    how: ApprovalRequest.How
    link: ApprovalLink | None = None


def decider(*, user: User | None, link: ApprovalLink | None = None) -> Decider:
    """Return who decides: the link's approver, or without one the person signed in.

    A link opened by its approver while signed in counts as signed in.
    """
    if link is None and user is None:
        raise SignInNeeded
    if user and (link is None or user.email.casefold() == link.email.casefold()):
        return Decider(email=user.email, actor=user, how=How.SIGNED_IN, link=link)
    assert link is not None  # noqa: S101 (narrows the type: the first check has refused both)
    return Decider(email=link.email, actor=f"approval:{link.pk}", how=How.LINK, link=link)


def open_request(*, redemption: Redemption) -> ApprovalRequest:
    """Make the request of a pending redemption and mail its approvers, in one transaction."""
    request = ApprovalRequest.objects.create(redemption=redemption)
    for link in _links(request):
        emails.queue_needed(link)
    return request


def mail_new_approvers(*, account: CreditAccount) -> None:
    """Give whoever has become an approver a link and mail for each open request."""
    for request in ApprovalRequest.objects.open().filter(redemption__account=account).with_facts():
        for link in _links(request):
            emails.queue_needed(link)


def tell_moved(*, redemption: Redemption) -> None:
    """Mail the approvers of a waiting request that its class, and the decide-by, have moved."""
    request = ApprovalRequest.objects.open().filter(redemption=redemption).with_facts().first()
    for link in _links(request) if request else []:
        emails.queue_moved(link, key=class_moved_key(redemption))


def eligible(request: ApprovalRequest) -> Sequence[Approver]:
    """Return who may decide a request: owner and active delegates, but not who sent it."""
    account = CreditAccount.objects.get(pk=request.account.pk)
    return deciders_of(account, senders=request.redemption.senders)


def needs_sign_in(request: ApprovalRequest, email: str) -> bool:
    """Tell whether this approver must be signed in to decide (rules.md 5)."""
    limit = request.account.sign_in_above
    return request.is_from(email) or (limit is not None and request.redemption.credits > limit)


def check(*, request: ApprovalRequest, by: Decider) -> None:
    """Raise the ApprovalError that keeps `by` from deciding `request`, if there is one."""
    if not request.is_open or request.is_overdue:
        raise AlreadyEnded
    _check_right(request, by)
    if by.how != How.SIGNED_IN and needs_sign_in(request, by.email):
        raise SignInNeeded


def decide(
    *,
    request: ApprovalRequest,
    by: Decider,
    approve: bool,
    note: str = "",
    seen: str | None = None,
) -> None:
    """Approve or decline; the first decision wins (rules.md 5).

    `seen` is the digest of the terms that the page has shown; None where no page was (trust.md 3).
    Raises AlreadyEnded, NotAnApprover, OwnRequest, SignInNeeded, TermsChanged, ReasonMissing, or
    CannotBeApproved if the class has started, a lot ran out or the account is frozen.
    """
    if not approve and not note.strip():
        raise ReasonMissing
    try:
        _decide(request=request, by=by, approve=approve, note=note.strip(), seen=seen)
    except (RedemptionError, LedgerError) as error:
        request.refresh_from_db()
        if not request.is_open or request.is_overdue:
            raise AlreadyEnded from error
        raise CannotBeApproved(_explanation(error)) from error


@transactional
def _decide(
    *, request: ApprovalRequest, by: Decider, approve: bool, note: str, seen: str | None
) -> None:
    redemptions.lock_pending(request.redemption)
    request = ApprovalRequest.objects.with_facts().get(pk=request.pk)
    check(request=request, by=by)
    if seen is not None and seen != terms_digest(request):
        raise TermsChanged
    status = Status.APPROVED if approve else Status.DECLINED
    _end(request, status, decided_by=by.email, how=by.how, note=note)
    if approve:
        redemptions.confirm(redemption=request.redemption, actor=by.actor)
    else:
        redemptions.decline(redemption=request.redemption, actor=by.actor, reason=note)
    # Session, redemption and account are locked now, and delegates go under the account's lock:
    # whoever lost the right meanwhile is found here, and everything is rolled back (I13).
    locked(request.account)
    _check_right(request, by)
    if by.link:
        ApprovalLink.objects.filter(pk=by.link.pk).update(used_at=clock.now())


def lapse(*, request: ApprovalRequest) -> None:
    """End a request whose time to decide is over: hold released, seats freed, people told."""
    redemptions.lapse(redemption=request.redemption, actor="job:lapse")


def close(*, redemption: Redemption, actor: User | str) -> None:
    """Close the request of a redemption that has ended, if no approver did so (rules.md 5).

    One that somebody else confirms or declines was decided by them, or by the programme.
    """
    request = ApprovalRequest.objects.open().filter(redemption=redemption).first()
    if request is None:
        return
    status = ENDED_AS.get(redemption.status, Status.WITHDRAWN)
    decided: dict[str, str] = {}
    if status in {Status.APPROVED, Status.DECLINED}:
        email = actor.email if isinstance(actor, User) else settings.SUPPORT_EMAIL
        decided = {"decided_by": email, "how": How.SIGNED_IN}
    _end(request, status, note=redemption.outcome_note, **decided)


@transactional
def remind(request: ApprovalRequest, *, hours: int) -> None:
    """Mail the approvers that a request waits; each step once, however often or late it runs."""
    due = ApprovalRequest.objects.to_remind(clock.now(), hours).filter(pk=request.pk)
    if due.update(reminded_at_hours=hours):
        for link in _links(request):
            emails.queue_reminder(link, hours=hours)


def _links(request: ApprovalRequest) -> list[ApprovalLink]:
    """Return the link of each eligible approver, making those that are missing."""
    return [
        ApprovalLink.objects.get_or_create(
            request=request, email=approver.email.lower(), defaults={"name": approver.name}
        )[0]
        for approver in eligible(request)
    ]


def _explanation(error: RedemptionError | LedgerError) -> str:
    """Return why the lower apps refused, for the approver."""
    if isinstance(error, AccountFrozen):
        return _("Spending from this account is frozen, so nothing was approved.")
    if isinstance(error, HoldEnded):
        return _("Credits held for this request have passed their last usable day.")
    return str(error.message) if isinstance(error, LedgerError) else str(error)


def _check_right(request: ApprovalRequest, by: Decider) -> None:
    """Raise unless `by` may decide this request at this moment (trust.md I13)."""
    email = by.email.casefold()
    if any(approver.email.casefold() == email for approver in eligible(request)):
        return
    account = CreditAccount.objects.get(pk=request.account.pk)
    if any(approver.email.casefold() == email for approver in approvers_of(account)):
        raise OwnRequest
    raise NotAnApprover


def _end(request: ApprovalRequest, status: ApprovalRequest.Status, **outcome: str) -> None:
    """Book how the request ended. The conditional update is the claim: the first wins."""
    still_open = ApprovalRequest.objects.open().filter(pk=request.pk)
    if not still_open.update(status=status, ended_at=clock.now(), **outcome):
        raise AlreadyEnded
