"""The pages of the books: each a form, tables to look at, and the same as a file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits_portal.lib import formats
from reports.exports import Column, Table
from reports.periods import month_name

from . import queries, tables
from .forms import AheadForm, Asked, DayForm, MonthsForm
from .totals import Amount

Given = dict[str, Any]
ACCOUNTS_SHOWN = 100


@dataclass(frozen=True)
class Cell:
    """What a cell shows, whether it is a figure, and where it leads."""

    text: str
    is_figure: bool = False
    url: str = ""


@dataclass(frozen=True)
class Section:
    """A table as a page shows it; `foot` is its line of totals."""

    title: str | Promise
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()


@dataclass(frozen=True)
class Shown:
    """What a page shows for what it was asked."""

    sections: Sequence[Section]
    page: Any = None


@dataclass(frozen=True)
class Report:
    """A page of the books."""

    name: str
    title: str | Promise
    form: type[Asked]
    show: Callable[[Given, str], Shown]
    table: Callable[[Given], Table]
    span: Callable[[Given], Sequence[str | date]]
    note: str | Promise

    @property
    def url(self) -> str:
        """Return the page's address."""
        return reverse(f"admin:reports_books_{self.name}")


SHOWN_AS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "date": formats.day,
    "credits": formats.number,
    "money": formats.money,
    "number": str,
}


def cell(column: Column, value: Any) -> Cell:
    """Return a value as its column shows it."""
    if value is None:
        return Cell("")
    if column.key == "month":
        return Cell(month_name(value))
    return Cell(SHOWN_AS[column.kind](value), column.kind not in ("text", "date"))


def section(title: Any, table: Table, keys: Sequence[str], *, foot: bool = True) -> Section:
    """Return the columns named by `keys`, with the sums of those that are not what stood then."""
    places = [index for key in keys for index, c in enumerate(table.columns) if c.key == key]
    columns = [table.columns[index] for index in places]
    rows = [[row[index] for index in places] for row in table.rows]
    shown = [[cell(*pair) for pair in zip(columns, row, strict=True)] for row in rows]
    return Section(title, columns, shown, _foot(columns, rows) if foot and rows else ())


STOOD = {"outstanding_credits", "outstanding_usd", "opening_usd", "closing_usd"}


def _foot(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[Cell]:
    """Return the line of totals: what stood at a month's end is not added up."""
    cells = [Cell(_("Total"))]
    for index, column in enumerate(columns[1:], start=1):
        is_sum = column.kind in ("credits", "money") and column.key not in STOOD
        value = sum((row[index] for row in rows), start=0) if is_sum else None
        cells.append(cell(column, Decimal(value) if value and column.kind == "money" else value))
    return cells


def _months(given: Given) -> Sequence[queries.Month]:
    return queries.by_month(given["first"], given["last"])


def show_movements(given: Given, _page: str) -> Shown:
    """Show credits and, beneath, what was paid for them."""
    months = _months(given)
    names = ["sold", "redeemed", "expired", "refunded", "outstanding"]
    credits = ["month", "sold_credits", "granted_credits", *(f"{n}_credits" for n in names[1:])]
    money = ["month", *(f"{name}_usd" for name in names)]
    return Shown(
        [
            section(_("Credits"), tables.movements(months), credits),
            section(_("Their net price"), tables.movements(months), money),
        ]
    )


def show_recognised(given: Given, _page: str) -> Shown:
    """Show what was earned, and how deferred revenue went on."""
    months = _months(given)
    earned = ["classes_usd", "on_demand_usd", "breakage_usd", "recognised_usd"]
    course = ["opening_usd", "sold_usd", "recognised_usd", "refunded_usd", "closing_usd"]
    return Shown(
        [
            section(_("Recognised revenue"), tables.recognised(months), ["month", *earned]),
            section(
                _("Deferred revenue from month to month"),
                tables.recognised(months),
                ["month", *course],
            ),
        ]
    )


def show_deferred(given: Given, number: str) -> Shown:
    """Show what is owed on a day, where it comes from, and to whom."""
    everybody = queries.by_account(given["on"])
    totals = queries.sum_of(everybody)
    page = Paginator(queries.owed(everybody), ACCOUNTS_SHOWN).page(number or 1)
    keys = ["account", "unredeemed_usd", "undelivered_usd", "deferred_usd"]
    accounts = section(_("By account"), tables.deferred(list(page)), keys, foot=False)
    linked = _linked(accounts, page)
    return Shown(
        [
            amounts(_("What it is made of"), tables.parts_of(totals)),
            amounts(_("Sold, less what was earned or refunded"), tables.origin_of(totals)),
            linked,
        ],
        page,
    )


def amounts(title: str, rows: Iterable[tuple[Any, Amount]]) -> Section:
    """Return a table of named amounts; the last is what the others come to."""
    columns = [
        Column("what", gettext_lazy("What")),
        Column("credits", gettext_lazy("Credits"), "credits"),
        Column("usd", gettext_lazy("USD"), "money"),
    ]
    lines = [(str(name), amount.credits, amount.money) for name, amount in rows]
    keys = ["what", "credits", "usd"]
    shown = section(title, Table(title, columns, lines), keys, foot=False)
    *parts, result = shown.rows
    return Section(title, columns, parts, foot=result)


def show_ageing(given: Given, _page: str) -> Shown:
    """Show when what is unredeemed ends."""
    table = tables.ageing(queries.ageing(given["on"]))
    keys = [column.key for column in tables.AGEING]
    return Shown([section(_("Unredeemed credits"), table, keys)])


def show_losing(given: Given, number: str) -> Shown:
    """Show who is about to lose credits, soonest first."""
    page = Paginator(queries.about_to_lose(given["days"]), ACCOUNTS_SHOWN).page(number or 1)
    keys = ["account", "first_day", "ending_credits", "ending_usd"]
    accounts = section(_("Accounts"), tables.losing(list(page)), keys, foot=False)
    return Shown([_linked(accounts, page)], page)


def _linked(shown: Section, rows: Iterable[queries.Owed | queries.Losing]) -> Section:
    """Let the first cell of each row lead to its account."""
    linked = []
    for cells, row in zip(shown.rows, rows, strict=True):
        url = reverse("admin:reports_accountoverview_change", args=[row.account_id])
        linked.append([Cell(cells[0].text, url=url), *cells[1:]])
    return Section(shown.title, shown.columns, linked)


def _month_span(given: Given) -> Sequence[str]:
    return f"{given['first']:%Y-%m}", f"{given['last']:%Y-%m}"


REPORTS = [
    Report(
        "movements",
        gettext_lazy("Movements by month"),
        MonthsForm,
        show_movements,
        lambda given: tables.movements(_months(given)),
        _month_span,
        gettext_lazy(
            "Months of the programme's time zone, the present one up to now. What came back is "
            "taken off what was redeemed. Refunded are all credits taken out of circulation. "
            "Credits that moved to another account or into a lot of 60 days count nowhere."
        ),
    ),
    Report(
        "recognised",
        gettext_lazy("Recognised revenue"),
        MonthsForm,
        show_recognised,
        lambda given: tables.recognised(_months(given)),
        _month_span,
        gettext_lazy(
            "Classes count at their end, attended or missed; on-demand training when access "
            "starts, or else at the end of its finish-by date; breakage at the end of the last "
            "usable day."
        ),
    ),
    Report(
        "deferred",
        gettext_lazy("Deferred revenue"),
        DayForm,
        show_deferred,
        lambda given: tables.deferred(queries.owed(queries.by_account(given["on"]))),
        lambda given: [given["on"]],
        gettext_lazy("The net price paid for credits that were not delivered by then."),
    ),
    Report(
        "ageing",
        gettext_lazy("Outstanding credits by last day"),
        DayForm,
        show_ageing,
        lambda given: tables.ageing(queries.ageing(given["on"])),
        lambda given: [given["on"]],
        gettext_lazy("Available and held credits, at the net price paid."),
    ),
    Report(
        "losing",
        gettext_lazy("About to lose credits"),
        AheadForm,
        show_losing,
        lambda given: tables.losing(queries.about_to_lose(given["days"])),
        lambda given: [f"{given['days']}-days"],
        gettext_lazy("Available credits in lots whose last usable day is that near."),
    ),
]
