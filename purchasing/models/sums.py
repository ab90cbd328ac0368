"""Sums over the money of many orders at once, as annotations."""

from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Round

MONEY = DecimalField(max_digits=14, decimal_places=2)


def money_back() -> dict[str, Any]:
    """Return what went back of each order's money in its own currency, by how it did.

    `outside`: refunds made outside the portal, and disputes; `refunded`: by the portal, and
    `excess_back` of it without taking credits. What failed, or was won, does not count.
    """
    own = {"currency": OuterRef("currency"), "payment__currency": OuterRef("currency")}
    refunds = _rows("Refund").filter(**own).exclude(status="failed")
    disputes = _rows("Dispute").filter(**own).exclude(status="won")
    portal = refunds.filter(origin="portal")
    return {
        "outside": exact(_sum(refunds.filter(origin="provider")) + _sum(disputes)),
        "refunded": _sum(portal),
        "excess_back": _sum(portal.filter(credits=0)),
    }


def foreign_left() -> Round:
    """Return what is left here of the money that came for each order in another currency."""
    payments = _rows("Payment").filter(undone_at=None)
    refunds = _rows("Refund").exclude(Q(status="failed") | Q(payment=None))
    disputes = _rows("Dispute").exclude(status="won")
    return exact(
        _sum(payments.exclude(currency=OuterRef("currency")))
        - _sum(refunds.exclude(payment__currency=OuterRef("currency")))
        - _sum(disputes.exclude(payment__currency=OuterRef("currency")))
    )


def exact(amount: Any) -> Round:
    """Round to cents: SQLite adds decimals as binary fractions."""
    return Round(amount, precision=2, output_field=MONEY)


def left_of(*parts: str) -> Round:
    """Return the first of the annotated amounts less all the others."""
    rest: Any = F(parts[0])
    for part in parts[1:]:
        rest -= F(part)
    return exact(rest)


def _rows(model: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model("purchasing", model).objects.filter(order=OuterRef("pk"))
    return rows


def _sum(rows: QuerySet[Any]) -> Coalesce:
    total = rows.order_by().values("order").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=MONEY), Decimal(0), output_field=MONEY)
