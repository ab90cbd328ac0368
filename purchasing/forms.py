"""The forms of the purchase journey."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from credits_portal.lib.fields import (
    CleanCharField,
    CreditsField,
    DayInput,
    EmailField,
    KeyField,
    MoneyField,
)

from . import methods
from .countries import countries
from .models import CURRENCY, Order
from .services import Billing

NEW_ACCOUNT = "new"


class AmountForm(forms.Form):
    """The amount box of the landing page."""

    credits = CreditsField(label=_("How many credits?"), help_text=_("For example 18,000."))


class BuyForm(forms.Form):
    """How many credits, and for which account: every purchase names one (rules.md 9)."""

    credits = CreditsField(label=_("Credits"), help_text=_("1 credit pays $1 of training."))
    account_name = CleanCharField(
        label=_("Name of the new account"),
        max_length=120,
        required=False,
        help_text=_("Your team or company, as your colleagues know it."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owned = CreditAccount.objects.owned_by(user) if isinstance(user, User) else []
        choices = [(account.public_id, account.name) for account in owned]
        if choices:
            self.fields["account"] = forms.ChoiceField(
                label=_("For which account?"),
                widget=forms.RadioSelect,
                choices=[*choices, (NEW_ACCOUNT, _("A new account"))],
                initial=choices[0][0],
            )
            self.fields["account_name"].help_text = _("Only if you open a new account.")
            self.order_fields(["credits", "account", "account_name"])
        else:
            self.fields["account_name"].required = True
            self.fields["account_name"].label = _("Name of your account")

    def clean(self) -> dict[str, Any]:
        """Ask for a name where a new account is opened, and drop it where not."""
        cleaned = super().clean() or self.cleaned_data
        is_new = cleaned.get("account", NEW_ACCOUNT) == NEW_ACCOUNT
        if not is_new:
            cleaned["account_name"] = ""
        elif "account" in cleaned and not cleaned.get("account_name"):
            self.add_error("account_name", _("Enter a name for the new account."))
        cleaned["account"] = "" if is_new else cleaned["account"]
        return cleaned


class BillingForm(forms.Form):
    """The party that pays. Only the country is needed: it decides the tax line."""

    country = forms.ChoiceField(
        label=_("Country of the billing address"),
        choices=lambda: [("", _("Choose a country")), *countries()],
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Choose a country.")),
    )
    company = CleanCharField(
        label=_("Company"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    po_number = CleanCharField(label=_("PO number"), max_length=50, required=False)
    payables_email = EmailField(
        label=_("Accounts-payable address"),
        required=False,
        help_text=_("Gets the quote and the invoice, and needs no sign-in."),
    )
    address = CleanCharField(
        label=_("Billing address"),
        lines=True,
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    tax_id = CleanCharField(label=_("Tax ID"), max_length=50, required=False)

    MORE = ("po_number", "payables_email", "address", "tax_id")

    def has_more(self) -> bool:
        """Tell whether something is said, or to be mended, in the fields that most leave empty."""
        return any(self[name].value() or self[name].errors for name in self.MORE)

    def billing(self) -> dict[str, str]:
        """Return the cleaned fields of the billing party."""
        return {name: self.cleaned_data[name] for name in Billing.__dataclass_fields__}


class AcceptForm(forms.Form):
    """What the owner adds when accepting a quote."""

    po_number = CleanCharField(
        label=_("PO number"),
        max_length=50,
        required=False,
        help_text=_("Printed on the invoice. Leave it empty if you have none."),
    )
    payables_email = EmailField(
        label=_("Accounts-payable address"),
        required=False,
        help_text=_("Gets the invoice too, and needs no sign-in."),
    )


class RenewForm(forms.Form):
    """The total of the new quote as it was shown."""

    total = MoneyField(widget=forms.HiddenInput)


class MethodForm(BillingForm):
    """How to pay, and who. A single method on offer is not asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = methods.offered()
        self.only_method = offered[0] if len(offered) == 1 else None
        if not self.only_method:
            self.fields["method"] = forms.ChoiceField(
                label=_("How do you want to pay?"),
                widget=forms.RadioSelect,
                choices=[(method.value, method.label) for method in offered],
                initial=offered[0].value,
            )
            self.order_fields(["method"])

    def method_chosen(self) -> str:
        """Return the method, asked for or not."""
        return self.only_method or Order.Method(self.cleaned_data["method"])


class CheckForm(forms.Form):
    """What the check page brings back: the purchase's key, and a digest of what was shown."""

    key = KeyField()
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class TransferForm(forms.Form):
    """A bank transfer as the statement shows it; staff enter it in the admin."""

    amount = MoneyField(label=_("Amount received"))
    currency = forms.RegexField(
        label=_("Currency"),
        regex=r"[A-Z]{3}\Z",
        max_length=3,
        initial=CURRENCY,
        error_messages={"invalid": _("Enter three capital letters, such as USD.")},
    )
    received_on = forms.DateField(
        label=_("Received on"),
        help_text=_("The day in the programme’s zone on which the bank received it."),
        widget=DayInput,
    )
    bank_reference = CleanCharField(
        label=_("Bank reference"),
        max_length=100,
        help_text=_("The bank’s own reference of this transfer; each is booked once."),
    )

    def clean_received_on(self) -> date:
        """Refuse a day to come."""
        received_on: date = self.cleaned_data["received_on"]
        if received_on > clock.today():
            raise ValidationError(_("Enter today or an earlier day."), code="future")
        return received_on

    def clean_bank_reference(self) -> str:
        """Read a reference the same however it was spaced or capitalised."""
        return " ".join(self.cleaned_data["bank_reference"].split()).upper()

    def seen(self) -> str:
        """Return the cleaned fields as one text: what a preview was shown for."""
        return "|".join(str(self.cleaned_data[name]) for name in self.fields)


class AskForm(forms.Form):
    """Nothing to fill in: the button alone is asked for."""


class ReasonForm(forms.Form):
    """Why staff do something."""

    reason = CleanCharField(label=_("Reason"), max_length=500)


class DueDateForm(forms.Form):
    """Until when an invoice is to be paid."""

    due_on = forms.DateField(label=_("Due on"), widget=DayInput)

    def clean_due_on(self) -> date:
        """Refuse a day that is over."""
        due_on: date = self.cleaned_data["due_on"]
        if due_on < clock.today():
            raise ValidationError(_("Enter today or a later day."), code="past")
        return due_on


class CustomerQuoteForm(BillingForm):
    """A quote in a customer's name; staff make it in the admin."""

    email = EmailField(label=_("Customer’s email address"))
    name = CleanCharField(
        label=_("Customer’s name"), required=False, help_text=_("For a customer who is new here.")
    )
    account_name = CleanCharField(
        label=_("Account"),
        max_length=120,
        help_text=_("The name of an account that the customer owns, or of a new one."),
    )
    credits = CreditsField(label=_("Credits"))
    key = KeyField()

    field_order = ["email", "name", "account_name", "credits"]

    def seen(self, total: Decimal) -> str:
        """Return the cleaned fields and the total as one text: what a preview was shown for."""
        said = [str(self.cleaned_data[name]) for name in self.fields]
        return hashlib.sha256("|".join([*said, str(total)]).encode()).hexdigest()


class CardForm(forms.Form):
    """The pay page's button: it brings back the amount that the page showed."""

    due = forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.HiddenInput)


class SwitchForm(forms.Form):
    """How the order is to be paid instead."""

    method = forms.ChoiceField(choices=Order.Method.choices)

    def clean_method(self) -> str:
        """Refuse a method that is not on offer."""
        method: str = self.cleaned_data["method"]
        if method not in methods.offered():
            raise ValidationError(_("This way to pay is not offered."), code="not_offered")
        return method
