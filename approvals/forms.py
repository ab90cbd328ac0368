"""The decision form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits_portal.lib.fields import CleanCharField

from .exceptions import ReasonMissing


class DecisionForm(forms.Form):
    """Approve, or decline with a reason that the registrant is told (rules.md 5)."""

    APPROVE = "approve"
    DECLINE = "decline"

    decision = forms.ChoiceField(
        choices=[(APPROVE, _("Approve")), (DECLINE, _("Decline"))],
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose Approve or Decline.")},
    )
    # Of the terms on the page (`Facts.digest`); without it the page is shown again.
    terms = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    reason = CleanCharField(
        label=_("Reason"),
        help_text=_("The registrant is told it."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where the request is declined."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("decision") == self.DECLINE and not cleaned.get("reason"):
            self.add_error("reason", str(ReasonMissing.message))
        return cleaned

    @property
    def approves(self) -> bool:
        """Tell whether the valid form approves."""
        return bool(self.cleaned_data["decision"] == self.APPROVE)
