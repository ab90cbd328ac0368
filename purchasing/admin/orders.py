"""Orders, and what staff do with them."""

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from purchasing.models import Dispute, Order, Payment, Refund
from purchasing.services import can_write_off

from .documents import DocumentInline
from .order_quotes import QuotePages
from .order_terms import TermPages
from .order_transfers import TransferPages
from .reconciliation import ReconciliationPage
from .refunds import RefundPages


class MoneyInline(admin.TabularInline[Any, Order]):
    """Money of an order: only services write it."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody adds a row by hand."""
        return False


class PaymentInline(MoneyInline):
    """The money that came for an order."""

    model = Payment
    readonly_fields = (
        "amount", "currency", "received_on", "provider", "external_id", "booked_at", "actor",
        "undone_at", "undone_reason",
    )  # fmt: skip
    fields = readonly_fields


class RefundInline(MoneyInline):
    """The money that went back, or is to."""

    model = Refund
    readonly_fields = (
        "amount", "currency", "credits", "status", "provider", "origin", "requested_at", "paid_on"
    )  # fmt: skip
    fields = readonly_fields


class DisputeInline(MoneyInline):
    """The money that a bank took back."""

    model = Dispute
    readonly_fields = ("amount", "currency", "credits", "status", "opened_at", "closed_at")
    fields = readonly_fields


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
class OrderAdmin(QuotePages, TermPages, TransferPages, RefundPages, ReconciliationPage):
    """Orders: found, quoted, paid by transfer, ended; their terms are never edited by hand."""

    list_display = ["number", "account", "owner", "status", "credits", "total", "got", "placed_at"]
    list_filter = ["status", "method", AttentionFilter]
    list_select_related = ["account__owner"]
    search_fields = [
        "number", "account__name", "account__owner__email", "payables_email", "po_number", "company"
    ]  # fmt: skip
    search_help_text = gettext_lazy("Number, account, email address, PO number or company")
    date_hierarchy = "placed_at"
    view_on_site = False  # That page is the owner's.
    change_form_template = "purchasing/admin/order_change.html"
    change_list_template = "purchasing/admin/order_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the orders with the money that came for each."""
        orders: QuerySet[Order] = Order.objects.with_received()
        return orders

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[Any]:
        """Show what went back only where something did."""
        back: list[Any] = []
        if obj and obj.refunds.exists():
            back.append(RefundInline)
        if obj and obj.disputes.exists():
            back.append(DisputeInline)
        return [PaymentInline, *back, DocumentInline]

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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell the page which tasks its order allows."""
        order = self.get_object(request, object_id)
        tasks = tasks_of(order) if order else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **tasks})


def tasks_of(order: Order) -> dict[str, bool]:
    """Return what can be done with the order as it stands."""
    return {
        "can_write_off": can_write_off(order),
        "can_renew": order.status in (Order.Status.QUOTED, Order.Status.EXPIRED),
        "has_ended": order.status in (Order.Status.CANCELLED, Order.Status.EXPIRED),
    }
