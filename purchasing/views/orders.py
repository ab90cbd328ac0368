"""The order's pages: for its owner, and by secret link for the accounts department."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import owned_account
from accounts.models import User
from credits_portal.lib.links import absolute
from credits_portal.lib.pages import page_of
from purchasing.exceptions import PurchasingError
from purchasing.forms import BillingForm
from purchasing.models import Order
from purchasing.services import Billing, cancel_order, correct_billing


def owned_order(request: HttpRequest, number: str) -> Order:
    """Return the order of an account that the visitor owns, or raise Http404."""
    if not isinstance(request.user, User):
        raise Http404
    orders = Order.objects.owned_by(request.user).select_related("account__owner", "lot")
    order: Order = get_object_or_404(orders, number=number)
    return order


@login_required
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
    return render(request, "purchasing/shared_order.html", _facts(shown))


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
@require_safe
def account_orders(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the orders of an account, newest first, for its owner."""
    account = owned_account(request, public_id)
    page = page_of(request, Order.objects.filter(account=account))
    context = {"account": account, "page": page, "orders": page.object_list}
    return render(request, "purchasing/account_orders.html", context)


def _facts(shown: Order) -> dict[str, object]:
    """Return what every page of an order shows."""
    received = shown.amount_received()
    return {
        "order": shown,
        "received": received,
        "due": max(shown.total - received, 0),
        "bank_details": settings.BANK_DETAILS,
        "seller_details": settings.SELLER_DETAILS,
        "pays_by_card": settings.DEBUG,
    }
