"""What is known of an order's money: what came, what went back, and who claims it (rules.md 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from credits_portal.lib import clock
from purchasing import owed
from purchasing.models import Dispute, Order, Refund, Shortfall


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A refund made outside the portal, or a dispute; `stands` until it fails or is won."""

    row: Refund | Dispute
    day: date
    stands: bool

    @property
    def shortfall(self) -> Shortfall | None:
        """Return what is, or was, missing for this claim."""
        return getattr(self.row, "shortfall", None)


class Facts:
    """The facts of one order, read once, in the order's own currency."""

    def __init__(self, order: Order) -> None:
        """Read refunds and disputes; whoever decides by them has locked the account before."""
        self.order = order
        own = {"currency": order.currency, "payment__currency": order.currency}
        refunds = order.refunds.filter(**own).select_related("shortfall")
        self.refunds = [row for row in refunds if row.status != Refund.Status.FAILED]
        self.failed = [row for row in refunds if row.status == Refund.Status.FAILED]
        self.disputes = list(order.disputes.filter(**own).select_related("shortfall"))

    @cached_property
    def received(self) -> Decimal:
        """Return the money that came and stands."""
        return self.order.amount_received()

    @cached_property
    def claims(self) -> list[Claim]:
        """Return all claims, oldest first: in the order in which they were made, not told."""
        outside = [row for row in [*self.refunds, *self.failed] if not _is_ours(row)]
        claims = [
            Claim(
                row=row,
                day=row.paid_on or clock.day_of(row.requested_at),
                stands=row.status != Refund.Status.FAILED,
            )
            for row in outside
        ]
        claims += [
            Claim(row=row, day=clock.day_of(row.opened_at), stands=row.status != Dispute.Status.WON)
            for row in self.disputes
        ]
        return sorted(claims, key=lambda claim: (claim.day, claim.row.external_id))

    @property
    def standing(self) -> list[Claim]:
        """Return the claims that stand."""
        return [claim for claim in self.claims if claim.stands]

    @property
    def wanted(self) -> list[int]:
        """Return the credits that each standing claim takes."""
        standing = self.standing
        if not standing:
            return []
        order = self.order
        ours = sum(row.credits for row in self.refunds if _is_ours(row))
        terms = owed.Terms(
            credits=order.credits - ours,
            unit_price=order.unit_price,
            net=order.net,
            total=order.total,
            free=max(self._beyond_total, Decimal(0)),
        )
        return owed.shares(terms, [claim.row.amount for claim in standing])

    @property
    def excess(self) -> Decimal:
        """Return the money beyond what the order costs that is still here (trust.md I8).

        An order that has no credits and can no longer be paid costs nothing.
        """
        claimed = _sum(claim.row for claim in self.standing)
        if self.order.lot_id is not None:
            return max(self._beyond_total - claimed, Decimal(0))
        ours = _sum(row for row in self.refunds if _is_ours(row))
        costs = self.order.total if self.order.is_payable else Decimal(0)
        return max(self.received - costs - ours - claimed, Decimal(0))

    @property
    def is_all_back(self) -> bool:
        """Tell whether all the money has gone back for good."""
        done = [row for row in self.refunds if row.status == Refund.Status.DONE]
        lost = [row for row in self.disputes if row.status == Dispute.Status.LOST]
        return bool(done or lost) and _sum(done) + _sum(lost) >= self.received

    @property
    def _beyond_total(self) -> Decimal:
        """Return what came beyond the total, less what the portal has sent back of it."""
        sent_back = _sum(row for row in self.refunds if _is_ours(row) and not row.credits)
        return self.received - self.order.total - sent_back


def _is_ours(refund: Refund) -> bool:
    return refund.origin == Refund.Origin.PORTAL


def _sum(rows: Iterable[Refund | Dispute]) -> Decimal:
    """Add up in decimals: SQLite would add binary fractions."""
    return sum((row.amount for row in rows), Decimal(0))
