"""The books as tables: what a page shows in parts, a file has as a whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount
from reports.exports import Column, Table

from .queries import Ending, Losing, Month, Owed, accounts_of
from .totals import Amount, Totals

ACCOUNTS_AT_ONCE = 500

MONTH = Column("month", _("Month"), "date")
ACCOUNT = [
    Column("account", _("Account")),
    Column("number", _("Account number")),
    Column("owner", _("Owner")),
]


def both(key: str, title: Any) -> list[Column]:
    """Return the columns of an amount: credits and money."""
    return [
        Column(f"{key}_credits", format_lazy("{}, {}", title, _("credits")), "credits"),
        Column(f"{key}_usd", format_lazy("{}, {}", title, _("USD")), "money"),
    ]


def cells(*amounts: Amount) -> list[Any]:
    """Return credits and money of each amount."""
    return [cell for amount in amounts for cell in (amount.credits, amount.money)]


MOVEMENTS = [
    MONTH,
    *both("sold", _("Sold")),
    Column("granted_credits", _("Granted free, credits"), "credits"),
    *both("redeemed", _("Redeemed")),
    *both("expired", _("Expired")),
    *both("refunded", _("Refunded")),
    *both("outstanding", _("Outstanding")),
]


def movements(months: Sequence[Month]) -> Table:
    """Return what was sold, redeemed, expired and refunded, and what was outstanding then."""
    return Table(_("Movements by month"), MOVEMENTS, map(_movement, months))


def _movement(month: Month) -> list[Any]:
    flow = month.flow
    return [
        month.first,
        *cells(flow.sold),
        flow.granted.credits,
        *cells(flow.redeemed, flow.expired, flow.refunded, month.after.unredeemed),
    ]


RECOGNISED = [
    MONTH,
    *both("classes", _("Classes")),
    *both("on_demand", _("On demand")),
    *both("breakage", _("Breakage")),
    *both("recognised", _("Recognised")),
    Column("opening_usd", _("Deferred before, USD"), "money"),
    Column("sold_usd", _("Sold, USD"), "money"),
    Column("refunded_usd", _("Refunded, USD"), "money"),
    Column("closing_usd", _("Deferred after, USD"), "money"),
]


def recognised(months: Sequence[Month]) -> Table:
    """Return what was earned, and how deferred revenue went from one month's end to the next."""
    return Table(_("Recognised revenue by month"), RECOGNISED, map(_recognition, months))


def _recognition(month: Month) -> list[Any]:
    flow = month.flow
    return [
        month.first,
        *cells(flow.classes, flow.courses, flow.expired, flow.recognised),
        month.before.deferred.money,
        flow.sold.money,
        flow.refunded.money,
        month.after.deferred.money,
    ]


DEFERRED = [
    *ACCOUNT,
    *both("unredeemed", _("Unredeemed")),
    *both("undelivered", _("Not yet delivered")),
    *both("deferred", _("Deferred")),
]


def deferred(owed: Sequence[Owed]) -> Table:
    """Return what is owed to each account: unredeemed, and redeemed but not yet delivered."""
    return Table(_("Deferred revenue by account"), DEFERRED, with_accounts(owed, _owed))


def _owed(account: CreditAccount, row: Owed) -> list[Any]:
    totals = row.totals
    return [
        *_named(account),
        *cells(totals.unredeemed, totals.undelivered, totals.deferred),
    ]


def parts_of(totals: Totals) -> list[tuple[Any, Amount]]:
    """Return what deferred revenue is made of."""
    return [
        (_("Unredeemed, also while held"), totals.unredeemed),
        (_("Redeemed, not yet delivered"), totals.undelivered),
        (_("Deferred revenue"), totals.deferred),
    ]


def origin_of(totals: Totals) -> list[tuple[Any, Amount]]:
    """Return what was sold, and what of it is no longer deferred."""
    return [
        (_("Sold since the beginning"), totals.sold),
        (_("Granted free"), totals.granted),
        (_("Earned by classes"), totals.classes),
        (_("Earned by on-demand training"), totals.courses),
        (_("Earned by breakage"), totals.expired),
        (_("Refunded"), totals.refunded),
        (_("Deferred revenue"), totals.deferred),
    ]


AGEING = [Column("month", _("Last day in"), "date"), *both("unredeemed", _("Unredeemed"))]


def ageing(endings: Sequence[Ending]) -> Table:
    """Return the unredeemed credits by the month of their last day."""
    rows = ([ending.month, *cells(ending.amount)] for ending in endings)
    return Table(_("Outstanding credits by last day"), AGEING, rows)


LOSING = [*ACCOUNT, Column("first_day", _("First last day"), "date"), *both("ending", _("Ending"))]


def losing(rows: Sequence[Losing]) -> Table:
    """Return the accounts that are about to lose credits."""
    return Table(_("Accounts about to lose credits"), LOSING, with_accounts(rows, _losing))


def _losing(account: CreditAccount, row: Losing) -> list[Any]:
    return [*_named(account), row.first_day, *cells(row.amount)]


def _named(account: CreditAccount) -> list[Any]:
    return [account.name, account.public_id, account.owner.email]


def with_accounts(rows: Sequence[Any], show: Callable[[CreditAccount, Any], Any]) -> Iterator[Any]:
    """Yield what `show` makes of each row and its account; accounts are read many at once."""
    for start in range(0, len(rows), ACCOUNTS_AT_ONCE):
        some = rows[start : start + ACCOUNTS_AT_ONCE]
        accounts: Mapping[int, CreditAccount] = accounts_of(some)
        for row in some:
            yield show(accounts[row.account_id], row)
