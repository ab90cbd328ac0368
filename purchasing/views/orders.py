"""The order's pages: for its owner, and by secret link for the accounts department."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import owned_account
from accounts.models import User
from credits_portal.lib.links import absolute
from credits_portal.lib.pages import page_of
from purchasing import methods
from purchasing.exceptions import PurchasingError
from purchasing.forms import AcceptForm, BillingForm, RenewForm
from purchasing.models import Document, Order
from purchasing.services import (
    Billing,
    accept_quote,
    cancel_order,
    correct_billing,
    price_today,
    renew_quote,
)


def owned_order(request: HttpRequest, number: str) -> Order:
    """Return the order of an account that the visitor owns, or raise Http404."""
    if not isinstance(request.user, User):
        raise Http404
    orders = Order.objects.owned_by(request.user).select_related("account__owner", "lot")
    order: Order = get_object_or_404(orders, number=number)
    return order


@login_required
@never_cache
@require_safe
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show the owner what was ordered, how far it has come, and what to do next."""
    shown = owned_order(request, number)
    context = {**_facts(shown), "shared_url": absolute(shown.get_shared_url())}
    return render(request, "purchasing/order.html", context)


@require_safe
@never_cache
def shared_order(request: HttpRequest, token: str) -> HttpResponse:
    """Show the accounts department what is to be paid, and how; nothing can be changed."""
    shown = Order.objects.select_related("account", "lot").for_token(token)
    if shown is None:
        raise Http404
    context = {**_facts(shown), "token": token}
    return render(request, "purchasing/shared_order.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Ask once, then cancel an order that is not paid."""
    shown = owned_order(request, number)
    if request.method == "POST":
        try:
            cancel_order(order=shown, actor=shown.account.owner)
        except PurchasingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The order is cancelled. Nothing is to be paid."))
        return redirect(shown)
    if not shown.is_payable:
        return redirect(shown)
    return render(request, "purchasing/cancel.html", _facts(shown))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def billing(request: HttpRequest, number: str) -> HttpResponse:
    """Correct the PO number and the billing party until the order is paid."""
    shown = owned_order(request, number)
    if not shown.is_payable:
        messages.info(request, _("This order can no longer be changed."))
        return redirect(shown)
    initial = {name: getattr(shown, name) for name in Billing.__dataclass_fields__}
    form = BillingForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            correct_billing(
                order=shown, billing=Billing(**form.billing()), actor=shown.account.owner
            )
        except PurchasingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The billing details are corrected."))
        return redirect(shown)
    return render(request, "purchasing/billing.html", {"form": form, "order": shown})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the PO number, then accept the quote: the invoice is mailed."""
    shown = owned_order(request, number)
    if not can_accept(shown):
        return redirect(shown)
    initial = {"po_number": shown.po_number, "payables_email": shown.payables_email}
    form = AcceptForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            accept_quote(order=shown, actor=shown.account.owner, **form.cleaned_data)
        except PurchasingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The quote is accepted. The invoice is mailed and below."))
        return redirect(shown)
    return render(request, "purchasing/accept.html", {"form": form, **_facts(shown)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, number: str) -> HttpResponse:
    """Show what an expired quote costs today, then issue it again."""
    shown = owned_order(request, number)
    if not can_renew(shown):
        return redirect(shown)
    try:
        price, total = price_today(shown)
        form = RenewForm(request.POST or None, initial={"total": total})
        if request.method == "POST" and form.is_valid():
            renew_quote(order=shown, total=form.cleaned_data["total"], actor=shown.account.owner)
            messages.success(request, _("The new quote is ready, and mailed to you."))
            return redirect(shown)
    except PurchasingError as refusal:
        messages.error(request, str(refusal))
        return redirect(shown)
    context = {"form": form, "price": price, "total": total, **_facts(shown)}
    return render(request, "purchasing/renew.html", context)


def can_accept(order: Order) -> bool:
    """Tell whether the page offers to accept: a quote, while its price holds."""
    is_open = order.is_payable and order.accepted_at is None
    return is_open and order.method == Order.Method.TRANSFER and order.quote_holds


def can_renew(order: Order) -> bool:
    """Tell whether the page offers a new quote: the price of the old one no longer holds."""
    is_over = order.status == Order.Status.QUOTED and not order.quote_holds
    return is_over or order.status == Order.Status.EXPIRED


@login_required
@require_safe
def account_orders(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the orders of an account, newest first, for its owner."""
    account = owned_account(request, public_id)
    current = Document.objects.filter(replaced_at=None).order_by("pk")
    orders = Order.objects.filter(account=account)
    page = page_of(request, orders.prefetch_related(Prefetch("documents", current)))
    context = {"account": account, "page": page, "orders": page.object_list}
    return render(request, "purchasing/account_orders.html", context)


def _facts(shown: Order) -> dict[str, Any]:
    """Return what every page of an order shows."""
    received = shown.amount_received()
    papers = list(shown.documents.all())
    current = [paper for paper in papers if paper.replaced_at is None]
    return {
        "order": shown,
        "papers": papers,
        "paper": current[0] if current else None,
        "can_accept": can_accept(shown),
        "can_renew": can_renew(shown),
        "received": received,
        "due": max(shown.total - received, 0),
        "bank_details": settings.BANK_DETAILS,
        "seller_details": settings.SELLER_DETAILS,
        "pays_by_card": methods.takes_cards(),
    }
