"""Money that arrived at the bank: entered, previewed, booked; small shortfalls written off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from credits_portal.lib import formats
from purchasing.exceptions import PurchasingError
from purchasing.forms import ReasonForm, TransferForm
from purchasing.models import Order, Payment
from purchasing.services import Settlement, preview, settle, write_off_shortfall

from .common import staff
from .order_pages import OrderPages, change_page, sent


class TransferPages(OrderPages):
    """The pages by which staff book transfers."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/transfer/", view(self.transfer), name="purchasing_order_transfer"),
            path("<int:pk>/shortfall/", view(self.shortfall), name="purchasing_order_shortfall"),
            *super().get_urls(),
        ]

    def transfer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book a bank transfer, after showing what it will do."""
        order = self.allowed(request, pk, "add_payment")
        form = TransferForm(sent(request), initial={"amount": order.amount_due() or None})
        settlement = None
        if form.is_valid():
            if request.POST.get("seen") == form.seen() and self._book(request, order, form):
                return redirect(change_page(order))
            settlement = previewed(order, form)
        title = _("Transfer received")
        return self.page(request, order, "transfer", title, form=form, settlement=settlement)

    def shortfall(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book what banks kept of a transfer as a bank charge, with a reason."""
        order = self.allowed(request, pk, "add_payment")
        actor = staff(request)
        return self.ask(
            request,
            order,
            title=_("Book the shortfall as a bank charge"),
            lead=_(
                "%(due)s are written off as a payment of its own, the credits are granted, and the "
                "owner gets the confirmation."
            )
            % {"due": formats.money(order.amount_due())},
            form=ReasonForm(sent(request)),
            act=lambda said: write_off_shortfall(order=order, actor=actor, **said),
        )

    def _book(self, request: HttpRequest, order: Order, form: TransferForm) -> bool:
        """Book the transfer as previewed; tell whether that was possible."""
        data = form.cleaned_data
        try:
            settle(
                order=order,
                provider=Payment.Provider.BANK,
                external_id=data["bank_reference"],
                amount=data["amount"],
                currency=data["currency"],
                received_on=data["received_on"],
                actor=staff(request),
            )
        except PurchasingError as refusal:
            form.add_error("bank_reference", str(refusal))
            return False
        messages.success(request, _("The transfer is booked."))
        return True


def previewed(order: Order, form: TransferForm) -> Settlement | None:
    """Return what booking the form would do; a reference that is booked already is an error."""
    data = form.cleaned_data
    if form.errors:
        return None
    known = (
        Payment.objects.filter(
            provider=Payment.Provider.BANK, external_id=data["bank_reference"], undone_at=None
        )
        .select_related("order")
        .first()
    )
    if known:
        form.add_error(
            "bank_reference",
            _("This reference is already booked, for order %(number)s.")
            % {"number": known.order.number},
        )
        return None
    return preview(
        order=order,
        amount=data["amount"],
        currency=data["currency"],
        received_on=data["received_on"],
    )
