"""A card payment that moves no money: in DEBUG only, and through the same `settle`."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from credits_portal.lib import clock
from purchasing import methods
from purchasing.exceptions import PurchasingError
from purchasing.models import Payment
from purchasing.services import settle

from .orders import owned_order


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def simulated_card(request: HttpRequest, number: str) -> HttpResponse:
    """Let a developer pay, decline or walk away from an order."""
    if not methods.is_simulated():
        raise Http404
    order = owned_order(request, number)
    if not order.is_payable:
        return redirect(order)
    if request.method != "POST":
        return render(request, "purchasing/simulated_card.html", {"order": order})
    if request.POST.get("outcome") != "pay":
        messages.error(
            request, _("The card was declined. Nothing was charged; the order waits for payment.")
        )
        return redirect(order)
    try:
        settle(
            order=order,
            provider=Payment.Provider.SIMULATED,
            external_id=order.number,
            amount=order.amount_due(),
            currency=order.currency,
            received_on=clock.today(),
            actor=order.account.owner,
        )
    except PurchasingError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("Payment received. The confirmation with your training passkey goes to %(email)s.")
            % {"email": order.account.owner.email},
        )
    return redirect(order)
