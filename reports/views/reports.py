"""The reports: filters by GET, figures, a chart, and the same as a file."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import signed_in, visible_account
from accounts.ledger import balance
from accounts.models import CreditAccount
from credits_portal.lib import clock
from credits_portal.lib.pages import page_number, page_of
from reports import balances, charts, expiry, flows, statement, subscriptions, timeline, usage
from reports.downloads import LARGE, REPORTS, file_name_of
from reports.exports import csv_response, xlsx_response
from reports.filter_forms import ReportForm

LINES_PER_PAGE = 25
USAGE_PER_PAGE = 50
RESPONSES = {"csv": csv_response, "xlsx": xlsx_response}


def shown(
    request: HttpRequest, account: CreditAccount, form: ReportForm, name: str, **context: Any
) -> HttpResponse:
    """Render a report's page; filters that cannot be read answer 400 and say why."""
    is_owner = account.is_owned_by(request.user)
    terms = {
        "account": account,
        "is_owner": is_owner,
        "form": form,
        "report": REPORTS[name],
        "today": clock.today(),
        **context,
    }
    status = 200 if form.is_valid() else 400
    return render(request, f"reports/{name}.html", terms, status=status)


def piece_of(request: HttpRequest, rows: Sequence[Any]) -> Page[Any]:
    """Return the page of rows at hand that the request names; else raise 404."""
    try:
        return Paginator(rows, LINES_PER_PAGE).page(page_number(request))
    except InvalidPage as error:
        raise Http404("page") from error


@login_required
@require_safe
def months(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what moved month by month, and the balance over time."""
    account = visible_account(request, public_id)
    form = REPORTS["months"].form(request.GET, account)
    if not form.is_valid():
        return shown(request, account, form, "months")
    rows = flows.monthly(account, form.filters())
    chart = None
    if rows:
        now = balance(account=account)
        first = max(form.filters().first_day, rows[-1].month)
        line = timeline.timeline(account, first=first, now=now.available + now.held)
        chart = charts.balance_chart(line)
    context = {
        "flows": rows,
        "total": flows.total(rows),
        "chart": chart,
        "wants_statement": subscriptions.is_wanted(account, signed_in(request).email),
    }
    return shown(request, account, form, "months", **context)


@login_required
@require_safe
def statement_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the bookings, the latest first, with the running balance."""
    account = visible_account(request, public_id)
    form = REPORTS["statement"].form(request.GET, account)
    if not form.is_valid():
        return shown(request, account, form, "statement")
    rows = statement.entries(account, form.filters())
    page = page_of(request, rows, per_page=LINES_PER_PAGE)
    lines = statement.lines(account, page.object_list)
    return shown(request, account, form, "statement", page=page, lines=lines)


@login_required
@require_safe
def usage_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show who used what, and how much in which month."""
    account = visible_account(request, public_id)
    form = REPORTS["usage"].form(request.GET, account)
    if not form.is_valid():
        return shown(request, account, form, "usage")
    number = page_number(request)
    by, filters = form.cleaned_data["by"], form.filters()
    found = usage.usage(
        account, by, filters, limit=USAGE_PER_PAGE, offset=(number - 1) * USAGE_PER_PAGE
    )
    if number > 1 and not found.lines:
        raise Http404("page")
    by_month = found if by == usage.MONTHS else usage.usage(account, usage.MONTHS, filters)
    context = {
        "usage": found,
        "by": by,
        "by_title": dict(form.fields["by"].choices)[by],  # type: ignore[attr-defined]
        "chart": charts.usage_chart(by_month.by_month) if by_month.lines else None,
        "page": Page[Any](found.lines, number, Paginator(range(found.count), USAGE_PER_PAGE)),
    }
    return shown(request, account, form, "usage", **context)


@login_required
@require_safe
def balance_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what the account has on a day, lot by lot."""
    account = visible_account(request, public_id)
    form = REPORTS["balance"].form(request.GET, account)
    if not form.is_valid():
        return shown(request, account, form, "balance")
    on = balances.balance_on(account, form.filters())
    return shown(request, account, form, "balance", on=on, page=piece_of(request, on.lots_left))


@login_required
@require_safe
def expiry_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what expires when, what of it will be lost, and the last classes that still fit."""
    account = visible_account(request, public_id)
    form = REPORTS["expiry"].form(request.GET, account)
    form.is_valid()
    ladder = expiry.ladder(account, with_classes=True)
    chart = charts.expiry_chart(ladder.rungs) if ladder.rungs else None
    page = piece_of(request, ladder.rungs)
    return shown(request, account, form, "expiry", ladder=ladder, chart=chart, page=page)


@login_required
@require_safe
def download(request: HttpRequest, public_id: str, name: str, ending: str) -> HttpResponseBase:
    """Send a report as a file; a large one is asked of a worker on a page of its own."""
    account = visible_account(request, public_id)
    report = REPORTS.get(name)
    if report is None or ending not in RESPONSES:
        raise Http404("report")
    form = report.form(request.GET, account)
    if not form.is_valid():
        return redirect(f"{report.url(account)}?{request.GET.urlencode()}")
    if report.rows(account, form) > LARGE:
        large = reverse("reports:large", args=[account.public_id, name, ending])
        return redirect(f"{large}?{request.GET.urlencode()}")
    name_of_file = file_name_of(report, account, form, ending)
    return RESPONSES[ending](report.table(account, form), name_of_file)
