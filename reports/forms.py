"""The forms by which staff adjust an account's credits, always with a reason."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock, formats
from credits_portal.lib.fields import (
    CleanCharField,
    CreditsField,
    DayInput,
    KeyField,
    MoneyField,
)


class LotField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the account's lots with credits left to use."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what is available, at which price, and until when."""
        return _("%(credits)s at %(price)s until %(day)s") % {
            "credits": formats.credits(obj.available),
            "price": formats.unit_price(obj.unit_price),
            "day": formats.day(obj.last_day),
        }


class AdjustForm(forms.Form):
    """What every adjustment asks for."""

    credits = CreditsField(label=_("Credits"))
    reason = CleanCharField(
        label=_("Reason"), max_length=300, help_text=_("Kept in the ledger for ever.")
    )
    key = KeyField()

    def __init__(self, *args: Any, account: CreditAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def seen(self) -> str:
        """Return the cleaned fields as one text: what a preview was shown for."""
        return "|".join(str(self.cleaned_data[name]) for name in self.fields)


class FromLotForm(AdjustForm):
    """An adjustment that takes credits out of a lot."""

    lot = LotField(label=_("Lot"), queryset=CreditLot.objects.none(), empty_label=None)

    field_order = ["lot", "credits"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = CreditLot.objects.filter(account_id=self.account.pk, available__gt=0)
        lots = usable.filter(last_day__gte=clock.today()).order_by("last_day", "id")
        self.fields["lot"].queryset = lots  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse more than the lot has available."""
        cleaned = super().clean() or self.cleaned_data
        lot, credits = cleaned.get("lot"), cleaned.get("credits")
        if lot and credits and credits > lot.available:
            left = formats.credits(lot.available)
            self.add_error("credits", _("This lot has %(left)s available.") % {"left": left})
        return cleaned


class WithdrawForm(FromLotForm):
    """Credits to take out of circulation."""


class MoveForm(FromLotForm):
    """Credits to move to another account."""

    to = forms.CharField(
        label=_("To the account"),
        max_length=16,
        help_text=_("Its public ID, as on its page and in its address."),
    )

    field_order = ["lot", "credits", "to"]

    def clean_to(self) -> CreditAccount:
        """Find the other account."""
        public_id = self.cleaned_data["to"]
        others = CreditAccount.objects.exclude(pk=self.account.pk)
        account = others.filter(public_id=public_id).first() if public_id.isalnum() else None
        if account is None:
            raise forms.ValidationError(_("Enter the public ID of another account."))
        return account


class IssueForm(AdjustForm):
    """Credits to give as a new lot."""

    unit_price = MoneyField(
        label=_("Unit price, USD net"),
        required=False,
        help_text=_("What the customer paid for each credit; empty: nothing."),
    )
    last_day = forms.DateField(label=_("Last usable day"), widget=DayInput)

    field_order = ["credits", "unit_price", "last_day"]

    def clean_last_day(self) -> date:
        """Refuse a day that is over."""
        last_day: date = self.cleaned_data["last_day"]
        if last_day < clock.today():
            raise forms.ValidationError(_("Enter today or a later day."))
        return last_day
