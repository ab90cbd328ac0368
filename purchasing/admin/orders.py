"""Orders, and booking the money that arrived for them."""

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from purchasing.exceptions import PurchasingError
from purchasing.forms import TransferForm
from purchasing.models import Order, Payment
from purchasing.services import Settlement, cancel_order, preview, settle

from .common import ReadOnlyAdmin, staff


class PaymentInline(admin.TabularInline[Payment, Order]):
    """The money that came for an order."""

    model = Payment
    extra = 0
    can_delete = False
    readonly_fields = (
        "amount", "currency", "received_on", "provider", "external_id", "booked_at", "actor"
    )  # fmt: skip
    fields = readonly_fields

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Payments are booked by `settle`."""
        return False


class AttentionFilter(admin.SimpleListFilter):
    """Orders whose money staff must send back or ask about (trust.md I8)."""

    title = gettext_lazy("money to look at")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds of exceptions."""
        return [
            ("overpaid", _("Paid more than the total")),
            ("after_end", _("Paid after it was cancelled")),
            ("currency", _("Paid in another currency")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Return the orders of the chosen kind."""
        orders = Order.objects.all()
        kinds = {
            "overpaid": orders.overpaid,
            "after_end": orders.paid_after_end,
            "currency": orders.with_foreign_money,
        }
        kind = kinds.get(self.value() or "")
        return queryset.filter(pk__in=kind().values("pk")) if kind else queryset


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders: found, paid by transfer, cancelled; their terms are never edited."""

    list_display = ["number", "account", "owner", "status", "credits", "total", "got", "placed_at"]
    list_filter = ["status", "method", AttentionFilter]
    list_select_related = ["account__owner"]
    search_fields = [
        "number", "account__name", "account__owner__email", "payables_email", "po_number", "company"
    ]  # fmt: skip
    search_help_text = gettext_lazy("Number, account, email address, PO number or company")
    date_hierarchy = "placed_at"
    view_on_site = False  # That page is the owner's.
    inlines = [PaymentInline]
    change_form_template = "purchasing/admin/order_change.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the orders with the money that came for each."""
        orders: QuerySet[Order] = Order.objects.with_received()
        return orders

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> list[Any]:
        """Show all but the keys of the secret link."""
        hidden = {"link_nonce", "link_digest", "id", "key"}
        return [field.name for field in Order._meta.fields if field.name not in hidden]

    @admin.display(description=gettext_lazy("owner"), ordering="account__owner__email")
    def owner(self, order: Order) -> str:
        """Return the owner's address."""
        return order.account.owner.email

    @admin.display(description=gettext_lazy("received"))
    def got(self, order: Order) -> str:
        """Return the money that came, in the order's currency."""
        return f"{order.received:.2f}"  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages for a transfer received and for cancelling."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/transfer/", view(self.transfer), name="purchasing_order_transfer"),
            path("<int:pk>/cancel/", view(self.cancel), name="purchasing_order_cancel"),
            *super().get_urls(),
        ]

    def transfer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book a bank transfer, after showing what it will do."""
        order = self._allowed(request, pk, "purchasing.add_payment")
        initial = {"amount": order.amount_due() or None}
        form = TransferForm(request.POST if request.method == "POST" else None, initial=initial)
        settlement = None
        if form.is_valid():
            if request.POST.get("seen") == form.seen() and self._book(request, order, form):
                return redirect(_change_page(order))
            settlement = _previewed(order, form)
        context = {"form": form, "settlement": settlement}
        return self._page(request, order, "transfer", _("Transfer received"), context)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once, then cancel an order that is not paid."""
        order = self._allowed(request, pk, "purchasing.change_order")
        if request.method != "POST":
            return self._page(request, order, "cancel", _("Cancel the order"), {})
        try:
            cancel_order(order=order, actor=staff(request))
        except PurchasingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The order is cancelled and the customer is told."))
        return redirect(_change_page(order))

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

    def _allowed(self, request: HttpRequest, pk: int, permission: str) -> Order:
        if not staff(request).has_perm(permission):
            raise PermissionDenied
        order: Order = get_object_or_404(Order.objects.select_related("account__owner"), pk=pk)
        return order

    def _page(
        self, request: HttpRequest, order: Order, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": order,
            "title": title,
            "subtitle": order.number,
            **context,
        }
        return TemplateResponse(request, f"purchasing/admin/{name}.html", context)


def _previewed(order: Order, form: TransferForm) -> Settlement | None:
    """Return what booking the form would do; a reference that is booked already is an error."""
    data = form.cleaned_data
    if form.errors:
        return None
    known = (
        Payment.objects.filter(provider=Payment.Provider.BANK, external_id=data["bank_reference"])
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


def _change_page(order: Order) -> str:
    return reverse("admin:purchasing_order_change", args=[order.pk])
