"""The invariants that join the ledger with what was bought and what was taken (docs/ledger.md)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.ledger import CreditLot, LedgerEntry, Violation
from accounts.ledger.verification import verify as verify_ledger
from accounts.models import CreditAccount
from purchasing.models import Order
from redemption.models import Registration


def verify() -> list[Violation]:
    """Return what breaks the ledger's own invariants, I8 or I15; nothing where all is well."""
    return [*verify_ledger(), *orders(), *registrations()]


def orders() -> Iterator[Violation]:
    """Find orders that made a lot before they were paid, other lots than theirs, or two (I8)."""
    with_lot = Order.objects.with_received().filter(lot__isnull=False)
    for order in with_lot.filter(received__lt=F("total")):
        yield _violation("I8", order, f"{order.received} received of {order.total}")
    theirs = Q(
        lot__account=F("account"), lot__credits=F("credits"), lot__unit_price=F("unit_price")
    )
    for order in with_lot.exclude(theirs):
        yield _violation("I8", order, "the lot is not what was ordered")
    issued = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.ISSUE, key__startswith="order:")
    orphans = issued.filter(postings__lot__order__isnull=True)
    # The lot of a receipt that was undone (rules.md 7.6) belongs to no order: it is all withdrawn.
    for entry in orphans.filter(postings__lot__withdrawn__lt=F("postings__lot__credits")):
        yield _violation("I8", entry, f"a lot for {entry.key} that belongs to no order")


def registrations() -> Iterator[Violation]:
    """Find accounts whose redeemed credits are not those of their registrations (I15)."""
    accounts: QuerySet[Any] = CreditAccount.objects.annotate(
        redeemed=_total(CreditLot.objects.all(), "redeemed"),
        registered=_total(Registration.objects.paid(), "credits"),
    )
    for account in accounts.exclude(redeemed=F("registered")):
        detail = f"{account.redeemed} redeemed, {account.registered} registered"
        yield _violation("I15", account, detail)


def _total(rows: QuerySet[Any], field: str) -> Coalesce:
    """Sum a field of the rows of each account."""
    of_account = rows.filter(account=OuterRef("pk")).order_by().values("account")
    return Coalesce(Subquery(of_account.values(total=Sum(field)), output_field=IntegerField()), 0)


def _violation(invariant: str, row: Model, detail: str) -> Violation:
    return Violation(invariant, row._meta.db_table, row.pk, detail)
