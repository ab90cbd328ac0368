"""Money back: refunds with a preview, receipts undone, and the lists of what went back."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits_portal.lib import formats
from purchasing.exceptions import PurchasingError
from purchasing.facts import Facts
from purchasing.forms import ReasonForm
from purchasing.models import Dispute, Order, Payment, Refund, Shortfall
from purchasing.services.refunds import (
    Plan,
    give_up_refund,
    preview_refund,
    record_transfer_out,
    request_refund,
)
from purchasing.services.undo import undo_payment

from .common import ReadOnlyAdmin, staff
from .order_pages import OrderPages, change_page, sent
from .refund_forms import RefundForm, TransferOutForm, UndoForm


class RefundPages(OrderPages):
    """The pages by which staff pay money back and undo receipts."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        refund = "<int:pk>/refunds/<int:refund_pk>"
        return [
            path("<int:pk>/refund/", view(self.refund), name="purchasing_order_refund"),
            path("<int:pk>/undo/", view(self.undo), name="purchasing_order_undo"),
            path(f"{refund}/paid/", view(self.paid_back), name="purchasing_order_paid_back"),
            path(f"{refund}/give-up/", view(self.give_up), name="purchasing_order_give_up"),
            *super().get_urls(),
        ]

    def refund(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how much goes back, show what that does, then do it."""
        order = self.allowed(request, pk, "add_refund")
        form = RefundForm(sent(request), order=order)
        plan = None
        if form.is_valid():
            if request.POST.get("seen") == form.seen() and self._request(request, order, form):
                return redirect(change_page(order))
            plan = previewed(order, form)
        available = order.lot.available if order.lot else 0
        facts = {"plan": plan, "available": available, "excess": Facts(order).excess}
        return self.page(request, order, "refund", _("Refund"), form=form, **facts)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo a receipt that was booked on the wrong order."""
        order = self.allowed(request, pk, "change_payment")
        actor = staff(request)
        form = UndoForm(sent(request), order=order)
        lead = _(
            "For a transfer booked on the wrong order, while its credits are unspent. They are "
            "taken back, the order waits for its payment again, the owner is told. Then book the "
            "transfer on the right order, with the same reference."
        )
        if not form.is_possible:
            messages.warning(request, _("No payment of this order can be undone."))
            return redirect(change_page(order))
        title = _("Undo a receipt")
        act = _undoing(actor)
        return self.ask(request, order, title=title, lead=lead, form=form, act=act)

    def paid_back(self, request: HttpRequest, pk: int, refund_pk: int) -> HttpResponse:
        """Note the transfer by which a refund was paid."""
        order, refund = self._refund_of(request, pk, refund_pk)
        actor = staff(request)
        return self.ask(
            request,
            order,
            title=_("Transfer made"),
            lead=_("Pay back %(amount)s to the customer’s bank, then note it here.")
            % {"amount": formats.money(refund.amount, refund.currency)},
            form=TransferOutForm(sent(request)),
            act=lambda said: record_transfer_out(refund=refund, actor=actor, **said),
        )

    def give_up(self, request: HttpRequest, pk: int, refund_pk: int) -> HttpResponse:
        """End a refund by transfer that is not going to be paid."""
        order, refund = self._refund_of(request, pk, refund_pk)
        return self.ask(
            request,
            order,
            title=_("Give the refund up"),
            lead=_("The credits taken for it come back. Nothing is paid."),
            form=ReasonForm(sent(request)),
            act=lambda said: give_up_refund(refund=refund, **said),
        )

    def _refund_of(self, request: HttpRequest, pk: int, refund_pk: int) -> tuple[Order, Refund]:
        order = self.allowed(request, pk, "change_refund")
        return order, get_object_or_404(Refund, pk=refund_pk, order=order)

    def _request(self, request: HttpRequest, order: Order, form: RefundForm) -> bool:
        """Request the refund as previewed; tell whether that was possible."""
        data = form.cleaned_data
        try:
            refund = request_refund(
                order=order,
                actor=staff(request),
                key=str(data["key"]),
                reason=data["reason"],
                by_transfer=form.goes_by_transfer,
                **form.asked(),
            )
        except PurchasingError as refusal:
            form.add_error(None, str(refusal))
            return False
        amount = formats.money(refund.amount, refund.currency)
        self.log_change(request, order, _("Refund %s: %s") % (amount, data["reason"]))
        messages.success(request, _told(refund))
        return True


def previewed(order: Order, form: RefundForm) -> Plan | None:
    """Return what the refund would do; what stands against it is the form's error."""
    if form.errors:
        return None
    try:
        return preview_refund(order=order, **form.asked())
    except PurchasingError as refusal:
        form.add_error(None, str(refusal))
        return None


def _undoing(actor: Any) -> Any:
    return lambda said: undo_payment(actor=actor, **said)


def _told(refund: Refund) -> str:
    """Say what happens next to a refund."""
    if refund.provider == Payment.Provider.BANK:
        return _("The refund is noted. Make the transfer, then note it under Refunds.")
    return _("The refund is on its way. The credit note is mailed once it is paid.")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Every refund, wherever it was decided."""

    list_display = [
        "requested_at", "order", "amount", "currency", "credits", "status", "provider", "origin"
    ]  # fmt: skip
    list_filter = ["status", "origin", "provider", "requested_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "external_id", "order__account__name", "key"]
    search_help_text = gettext_lazy("Order, account or reference")
    date_hierarchy = "requested_at"
    change_form_template = "purchasing/admin/refund_change.html"


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Every dispute, and how it ended."""

    list_display = ["opened_at", "order", "amount", "currency", "credits", "status", "closed_at"]
    list_filter = ["status", "opened_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "external_id", "order__account__name"]
    search_help_text = gettext_lazy("Order, account or reference")


@admin.register(Shortfall)
class ShortfallAdmin(ReadOnlyAdmin):
    """Credits that were spent before their money went back."""

    list_display = ["lot", "refund", "dispute", "credits", "recovered", "closed_at"]
    list_select_related = ["lot", "refund__order", "dispute__order"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter)]
