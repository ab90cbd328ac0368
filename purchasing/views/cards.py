"""Paying by card: to the provider's page and back. No page here grants anything."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import posts_from
from purchasing import methods
from purchasing.exceptions import OrderClosed, PaymentUnderWay, PurchasingError
from purchasing.forms import CardForm, SwitchForm
from purchasing.models import CardSession, Order
from purchasing.services import cards
from purchasing.stripe_gateway import checkout_origin

from .orders import owned_order

REFRESH_SECONDS = 3
MOST_LOOKS = 20


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, number: str) -> HttpResponse:
    """Show what is paid by card; the button leads to the provider's page."""
    if not methods.takes_cards():
        raise Http404
    order = owned_order(request, number)
    if not order.is_payable:
        return redirect(order)
    if methods.is_simulated():
        return redirect("purchasing:simulated_card", order.number)
    return _send(request, order) if request.method == "POST" else _pay_page(request, order)


@login_required
@never_cache
@require_safe
def card_return(request: HttpRequest, number: str) -> HttpResponse:
    """Wait with the buyer until the payment is confirmed; the address itself proves nothing.

    The page asks again by a `Refresh` header, so without script, until it has waited a minute.
    """
    order = owned_order(request, number)
    if order.is_paid:
        paid = _("Payment received. The confirmation with your training passkey goes to %(email)s.")
        messages.success(request, paid % {"email": order.account.owner.email})
        return redirect(order)
    page = order.card_sessions.order_by("-attempt").first()
    if not order.is_payable or page is None or page.status == CardSession.Status.EXPIRED:
        messages.info(request, _not_granted(order, page))
        return redirect(order)
    looks = _looks(request)
    response = render(
        request, "purchasing/confirming.html", {"order": order, "is_late": looks >= MOST_LOOKS}
    )
    if looks < MOST_LOOKS:
        response["Refresh"] = f"{REFRESH_SECONDS}; url={request.path}?looks={looks + 1}"
    return response


@login_required
@require_safe
def card_left(request: HttpRequest, number: str) -> HttpResponse:
    """Take back somebody who left the provider's page: the order waits, for either method."""
    order = owned_order(request, number)
    if order.is_payable:
        messages.info(
            request,
            _("You left the card page. The order waits: pay it by card or by bank transfer."),
        )
    return redirect(order)


@posts_from("purchasing:order")
def switch(request: HttpRequest, number: str) -> HttpResponse:
    """Change how the order is to be paid."""
    order = owned_order(request, number)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return redirect(order)
    try:
        order = cards.switch_method(order=order, method=form.cleaned_data["method"])
    except PurchasingError as refusal:
        messages.error(request, str(refusal))
        return redirect(order)
    if order.method == Order.Method.CARD:
        return redirect("purchasing:card", order.number)
    messages.success(request, _("The order is to be paid by bank transfer. Its papers are below."))
    return redirect(order)


def _send(request: HttpRequest, order: Order) -> HttpResponse:
    """Lead to the provider's page for the amount that the form showed."""
    form = CardForm(request.POST)
    if not form.is_valid():
        return _pay_page(request, order)
    try:
        return redirect(cards.open_card_page(order=order, seen=form.cleaned_data["due"]))
    except PaymentUnderWay:
        return redirect("purchasing:card_return", order.number)
    except OrderClosed:
        return redirect(order)
    except PurchasingError as refusal:
        order.refresh_from_db()
        return _pay_page(request, order, notice=str(refusal))


def _pay_page(request: HttpRequest, order: Order, notice: str = "") -> HttpResponse:
    """Show the pay page, the only one whose form may lead to the provider's pages."""
    due = order.amount_due()
    form = CardForm(initial={"due": due})
    context = {"order": order, "due": due, "form": form, "notice": notice}
    response = render(request, "purchasing/card.html", context)
    response._csp_update = {"form-action": [checkout_origin()]}  # type: ignore[attr-defined]
    return response


def _not_granted(order: Order, page: CardSession | None) -> str:
    """Say what became of the money of an order that waits for none on its card page."""
    if page is None or page.status != CardSession.Status.COMPLETE:
        return _("No card payment of this order has arrived.")
    if order.status == Order.Status.REFUNDED:
        return _("The card payment of this order was paid back.")
    return _("The card payment came after the order had ended. It brings no credits: we return it.")


def _looks(request: HttpRequest) -> int:
    """Return how often the waiting page has asked already."""
    said = request.GET.get("looks", "0")
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= 2 else MOST_LOOKS  # noqa: PLR2004
