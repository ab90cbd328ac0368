"""Every payment that came."""

from django.contrib import admin

from purchasing.models import Payment

from .common import ReadOnlyAdmin


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Every payment that came, by whatever way."""

    list_display = [
        "booked_at", "order", "amount", "currency", "received_on", "provider", "external_id"
    ]  # fmt: skip
    list_filter = ["provider", "currency", "received_on"]
    list_select_related = ["order"]
    search_fields = ["external_id", "order__number", "order__account__name"]
    date_hierarchy = "booked_at"
