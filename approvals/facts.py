"""What an approver must know to decide, the same on the page, in the inbox and in the mail."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock
from redemption import deadlines
from redemption.models import Redemption, Registration

from .models import ApprovalRequest


@dataclass(frozen=True)
class LotShare:
    """Credits that a request holds in one lot."""

    lot: CreditLot
    credits: int


@dataclass(frozen=True)
class Facts:
    """One request with its terms as they stand now (trust.md 3: never those of the mail)."""

    request: ApprovalRequest
    redemption: Redemption
    account: CreditAccount
    participants: Sequence[Registration]
    lots: Sequence[LotShare]
    balance_after: int
    cancel_until: datetime | None

    @property
    def digest(self) -> str:
        """Return what the decision form sends back, so that only shown terms are decided."""
        return terms_digest(self.request)


def facts_of(request: ApprovalRequest) -> Facts:
    """Return the facts of one request."""
    return facts_of_all([request])[0]


def facts_of_all(requests: Iterable[ApprovalRequest]) -> Sequence[Facts]:
    """Return the facts of each request, fetched `with_facts()`; one query in all."""
    rows = list(requests)
    available = _available({row.redemption.account_id for row in rows})
    return [_facts(row, available.get(row.redemption.account_id, 0)) for row in rows]


def terms_digest(request: ApprovalRequest) -> str:
    """Return a digest of what one approves: who, what, when, for how much, from which lots.

    What changes by itself (the balance, the time left) is no part of it.
    """
    redemption, session = request.redemption, request.redemption.session
    when: list[object] = [redemption.finish_by]
    if session is not None:
        when = [session.pk, session.starts_at, session.ends_at, session.time_zone, session.place]
    parts = [
        [redemption.name, redemption.email, redemption.note, redemption.cost_centre],
        [redemption.training.title, redemption.credits, *when],
        [[person.name, person.email] for person in _participants(redemption)],
        [[share.lot.pk, share.lot.last_day, share.credits] for share in _lots(redemption)],
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def _facts(request: ApprovalRequest, available: int) -> Facts:
    redemption = request.redemption
    return Facts(
        request=request,
        redemption=redemption,
        account=redemption.account,
        participants=_participants(redemption),
        lots=_lots(redemption),
        balance_after=available,
        cancel_until=_cancel_until(redemption),
    )


def _participants(redemption: Redemption) -> Sequence[Registration]:
    """Return who takes part; whoever was replaced since does not."""
    rows = list(redemption.registrations.all())
    replaced = {row.replaces_id for row in rows}
    return [row for row in rows if row.pk not in replaced]


def _lots(redemption: Redemption) -> Sequence[LotShare]:
    if redemption.hold is None:
        return []
    postings = redemption.hold.postings.all()
    return [LotShare(lot=posting.lot, credits=posting.credits) for posting in postings]


def _cancel_until(redemption: Redemption) -> datetime | None:
    """Return the last moment to cancel if it is approved now; None for on-demand (rules.md 6)."""
    session = redemption.session
    if session is None:
        return None
    confirmed_at = redemption.confirmed_at or clock.now()
    return deadlines.cancel_until(
        starts_at=session.starts_at, confirmed_at=confirmed_at, moved_at=session.moved_at
    )


def _available(accounts: Iterable[int]) -> dict[int, int]:
    """Return what each account can spend today; a hold has left this sum already."""
    usable = CreditLot.objects.filter(account__in=accounts, last_day__gte=clock.today())
    rows = usable.order_by().values_list("account").annotate(total=Sum("available"))
    return dict(rows)
