"""Each report as a table to download, with the filters of its page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CreditAccount, Posting
from credits_portal.lib import clock

from . import balances, expiry, flows, statement, usage
from .exports import Column, Table, file_name
from .filter_forms import (
    BalanceForm,
    ExpiryForm,
    MonthsForm,
    PeriodForm,
    ReportForm,
    StatementForm,
    UsageForm,
)
from .periods import Period
from .statement_rows import statement_table

# More rows than this are written by a worker.
LARGE = 100_000


@dataclass(frozen=True)
class Report:
    """A report: its name in addresses, its form, how its table is made and how long it is."""

    name: str
    title: str | Promise
    form: type[ReportForm]
    table: Callable[[CreditAccount, Any], Table]
    rows: Callable[[CreditAccount, Any], int] = lambda _account, _form: 0

    def url(self, account: CreditAccount) -> str:
        """Return the address of its page."""
        return reverse(f"reports:{self.name}", args=[account.public_id])


def file_name_of(report: Report, account: CreditAccount, form: ReportForm, ending: str) -> str:
    """Return a name that tells the account, the report and the range."""
    return file_name(account.name, report.name, *_range_of(form), ending=ending)


def _range_of(form: ReportForm) -> tuple[str | date | None, ...]:
    if isinstance(form, UsageForm):
        by = form.cleaned_data["by"].replace("_", "-")
        return f"by-{by}", form.period.first, form.period.last or clock.today()
    if isinstance(form, PeriodForm):
        return form.period.first, form.period.last or clock.today()
    return (form.filters() if isinstance(form, BalanceForm) else clock.today(),)


def months(account: CreditAccount, form: MonthsForm) -> Table:
    """Return what moved, month by month."""
    columns = [Column("month", _("Month"), "date"), Column("opening", _("Opening"), "credits")]
    for name, title in MOVED.items():
        columns.append(Column(name, title, "credits"))
        columns.append(Column(f"{name}_value", _("%s, USD") % title, "money"))
    columns.append(Column("closing", _("Closing"), "credits"))
    rows = (
        [flow.month, flow.opening, *_moved(flow), flow.closing] for flow in _months(account, form)
    )
    return Table(_("Months"), columns, rows)


MOVED = {
    "purchased": gettext_lazy("Purchased"),
    "redeemed": gettext_lazy("Redeemed"),
    "expired": gettext_lazy("Expired"),
    "withdrawn": gettext_lazy("Withdrawn"),
}


def _months(account: CreditAccount, form: MonthsForm) -> list[flows.Flow]:
    period: Period = form.filters()
    return list(reversed(flows.monthly(account, period)))


def _moved(flow: flows.Flow) -> list[Any]:
    amounts = [getattr(flow, name) for name in MOVED]
    return [figure for amount in amounts for figure in (amount.credits, amount.value)]


def statement_of(account: CreditAccount, form: StatementForm) -> Table:
    """Return the bookings."""
    return statement_table(account, form.filters())


def statement_rows(account: CreditAccount, form: StatementForm) -> int:
    """Return how many rows the statement has: one for each lot that an entry moved."""
    entries = statement.entries(account, form.filters()).order_by()
    return Posting.objects.filter(entry__in=entries.values("pk")).count()


def usage_of(account: CreditAccount, form: UsageForm) -> Table:
    """Return who used what."""
    by = form.cleaned_data["by"]
    name = dict(form.fields["by"].choices)[by]  # type: ignore[attr-defined]
    columns = [
        Column("name", name),
        Column("detail", _("Address")),
        Column("places", _("Places"), "number"),
        Column("attended", _("Attended"), "number"),
        Column("missed", _("Missed"), "number"),
        Column("cancelled", _("Cancelled"), "number"),
        Column("booked", _("Booked"), "number"),
        Column("credits", _("Credits"), "credits"),
        Column("value", _("Value, USD"), "money"),
    ]
    if by != usage.PEOPLE:
        del columns[1]
    lines = usage.usage(account, by, form.filters()).lines
    rows = ([getattr(line, column.key) for column in columns] for line in lines)
    return Table(_("Usage"), columns, rows)


def balance_of(account: CreditAccount, form: BalanceForm) -> Table:
    """Return the balance lot by lot."""
    columns = [
        Column("purchased_on", _("Bought"), "date"),
        Column("last_day", _("Last usable day"), "date"),
        Column("unit_price", _("Unit price, USD"), "money"),
        Column("issued", _("Credits bought"), "credits"),
        Column("available", _("Available"), "credits"),
        Column("held", _("Held"), "credits"),
        Column("redeemed", _("Redeemed"), "credits"),
        Column("expired", _("Expired"), "credits"),
        Column("withdrawn", _("Withdrawn"), "credits"),
        Column("value", _("Value left, USD"), "money"),
    ]
    lots = balances.balance_on(account, form.filters()).lots
    rows = ([getattr(lot, column.key) for column in columns] for lot in lots)
    return Table(_("Balance"), columns, rows)


def expiry_of(account: CreditAccount, _form: ReportForm) -> Table:
    """Return what expires when."""
    columns = [
        Column("last_day", _("Last usable day"), "date"),
        Column("credits", _("Available"), "credits"),
        Column("value", _("Value, USD"), "money"),
        Column("held", _("Held"), "credits"),
        Column("lost", _("Lost at the present pace"), "credits"),
        Column("lost_value", _("Lost, USD"), "money"),
        Column("class", _("Last class that still fits")),
        Column("class_ends", _("It ends on"), "date"),
    ]
    rungs = expiry.ladder(account, with_classes=True).rungs
    return Table(_("Expiry"), columns, map(_rung, rungs))


def _rung(rung: expiry.Rung) -> list[Any]:
    last = rung.last_class
    fits = [last.training.title, last.end_date] if last else ["", None]
    return [
        rung.last_day, rung.credits, rung.value, rung.held, rung.lost, rung.lost_value, *fits
    ]  # fmt: skip


REPORTS = {
    report.name: report
    for report in (
        Report("months", gettext_lazy("Month by month"), MonthsForm, months),
        Report("statement", gettext_lazy("Statement"), StatementForm, statement_of, statement_rows),
        Report("usage", gettext_lazy("Usage"), UsageForm, usage_of),
        Report("balance", gettext_lazy("Balance"), BalanceForm, balance_of),
        Report("expiry", gettext_lazy("Expiry"), ExpiryForm, expiry_of),
    )
}
