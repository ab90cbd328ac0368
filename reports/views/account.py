"""The account's first page and its lots."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import visible_account
from accounts.ledger import balance
from credits_portal.lib import clock
from credits_portal.lib.pages import page_of
from reports import charts, queries

LOTS_PER_PAGE = 25


@login_required
@require_safe
def dashboard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what the account has, what is about to expire and what waits."""
    account = visible_account(request, public_id)
    board = queries.dashboard(account)
    context = {
        "account": account,
        "is_owner": account.is_owned_by(request.user),
        "dashboard": board,
        "chart": charts.balance_chart(board.timeline) if board.timeline else None,
    }
    return render(request, "reports/dashboard.html", context)


@login_required
@require_safe
def lots(request: HttpRequest, public_id: str) -> HttpResponse:
    """List every lot, those that can still be used first, soonest last day first."""
    account = visible_account(request, public_id)
    context = {
        "account": account,
        "is_owner": account.is_owned_by(request.user),
        "today": clock.today(),
        "balance": balance(account=account),
        "page": page_of(request, queries.lots_usable_first(account), per_page=LOTS_PER_PAGE),
    }
    return render(request, "reports/lots.html", context)
