"""What staff fill in to pay money back, and to undo a receipt."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock, formats
from credits_portal.lib.fields import (
    CleanCharField,
    CreditsField,
    DayInput,
    KeyField,
    MoneyField,
)
from purchasing.models import Order, Payment
from purchasing.services.refunds import refundable
from purchasing.services.undo import is_undoable


class PaymentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One payment of an order."""

    def label_from_instance(self, obj: Payment) -> str:
        """Return amount, day, way and reference, so that two payments differ."""
        return _("%(amount)s of %(day)s, %(provider)s, %(reference)s") % {
            "amount": formats.money(obj.amount, obj.currency),
            "day": formats.day(obj.received_on),
            "provider": obj.get_provider_display(),
            "reference": obj.external_id,
        }


class PaymentForm(forms.Form):
    """One of an order's payments, and why something is done to it."""

    payment = PaymentField(
        label=_("Payment"),
        queryset=Payment.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the payment.")},
    )
    reason = CleanCharField(
        label=_("Reason"), max_length=400, help_text=_("Kept in the ledger and the history.")
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = order.payments.filter(undone_at=None).select_related("order__lot")
        offered = [payment.pk for payment in standing if self.offers(payment)]
        field = self.fields["payment"]
        assert isinstance(field, PaymentField)  # noqa: S101 (narrows the type)
        field.queryset = order.payments.filter(pk__in=offered).order_by("pk")
        field.initial = offered[-1] if offered else None
        self.is_possible = bool(offered)

    def offers(self, payment: Payment) -> bool:
        """Tell whether the payment is one that this can be done to."""
        raise NotImplementedError


class UndoForm(PaymentForm):
    """The receipt that was booked on the wrong order."""

    def offers(self, payment: Payment) -> bool:
        """Offer what can be undone now."""
        return is_undoable(payment)


class RefundForm(PaymentForm):
    """How many credits go back, or how much money that came beyond what the order costs."""

    key = KeyField()
    credits = CreditsField(
        label=_("Credits to take back"),
        required=False,
        help_text=_("Unspent and unheld credits of this order, at the price paid for them."),
    )
    amount = MoneyField(
        label=_("Or money that came beyond the total"),
        required=False,
        help_text=_("In the currency of the payment. It takes no credits."),
    )
    by_transfer = forms.BooleanField(
        label=_("Pay a card back by bank transfer"),
        required=False,
        help_text=_("Where the card service no longer takes the money back."),
    )
    field_order = ["payment", "credits", "amount", "by_transfer", "reason", "key"]

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, order=order, **kwargs)
        field = self.fields["payment"]
        assert isinstance(field, PaymentField)  # noqa: S101 (narrows the type)
        offered = field.queryset
        if offered is None or not offered.exclude(provider=Payment.Provider.BANK).exists():
            del self.fields["by_transfer"]

    def offers(self, payment: Payment) -> bool:
        """Offer what has money left to pay back."""
        return payment.provider != Payment.Provider.CHARGES and refundable(payment) > 0

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        data = super().clean() or self.cleaned_data
        if not self.errors and bool(data.get("credits")) == bool(data.get("amount")):
            raise ValidationError(_("Enter either credits or an amount."), code="either")
        return data

    def asked(self) -> dict[str, Any]:
        """Return what the service is asked for."""
        data = self.cleaned_data
        amount: Decimal | None = data["amount"] or None
        return {"payment": data["payment"], "credits": data["credits"] or 0, "amount": amount}

    @property
    def goes_by_transfer(self) -> bool:
        """Tell whether staff make the transfer."""
        is_transfer = self.cleaned_data["payment"].provider == Payment.Provider.BANK
        return is_transfer or bool(self.cleaned_data.get("by_transfer"))

    def seen(self) -> str:
        """Return the cleaned fields as one text: what a preview was shown for."""
        return "|".join(str(self.cleaned_data[name]) for name in self.fields)


class TransferOutForm(forms.Form):
    """The bank transfer by which a refund was paid."""

    reference = CleanCharField(
        label=_("Bank reference"), max_length=100, help_text=_("Of the transfer that you made.")
    )
    paid_on = forms.DateField(label=_("Paid back on"), widget=DayInput)

    def clean_reference(self) -> str:
        """Read a reference the same however it was spaced or capitalised."""
        return " ".join(self.cleaned_data["reference"].split()).upper()

    def clean_paid_on(self) -> Any:
        """Refuse a day to come."""
        if self.cleaned_data["paid_on"] > clock.today():
            raise ValidationError(_("Enter today or an earlier day."), code="future")
        return self.cleaned_data["paid_on"]
