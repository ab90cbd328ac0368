"""The forms of staff, and who sends them."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from credits_portal.lib import clock
from credits_portal.lib.fields import CleanCharField
from redemption.models import Registration, TrainingSession


class NoticeForm(forms.Form):
    """What everybody concerned is told, and what stays on record."""

    notice = CleanCharField(label=_("Reason, as participants read it"), max_length=400)


class MoveForm(NoticeForm):
    """The new time of a class, in its own zone."""

    starts_at = forms.DateTimeField(
        label=_("New start, in the class’s own zone"),
        widget=forms.DateTimeInput(attrs={"placeholder": "2026-04-01 09:00"}),
    )
    ends_at = forms.DateTimeField(
        label=_("New end, in the class’s own zone"),
        widget=forms.DateTimeInput(attrs={"placeholder": "2026-04-01 17:00"}),
    )
    field_order = ["starts_at", "ends_at", "notice"]

    def __init__(self, *args: Any, session: TrainingSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session

    def clean(self) -> dict[str, Any]:
        """Read the times in the class's zone; the end comes after the start."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("starts_at", "ends_at"):
            if cleaned.get(name):
                cleaned[name] = cleaned[name].replace(tzinfo=self.session.zone)
        if cleaned.get("starts_at") and cleaned.get("ends_at"):
            if cleaned["ends_at"] <= cleaned["starts_at"]:
                raise ValidationError(_("The end comes after the start."))
            if cleaned["starts_at"] <= clock.now():
                raise ValidationError(_("The new start lies ahead of now."))
        return cleaned


class PlacesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Places of a class, named so that two people of the same name differ."""

    def label_from_instance(self, obj: Registration) -> str:
        """Return name, address and account."""
        return f"{obj.name} ({obj.email}), {obj.account.name}"


class AttendanceForm(forms.Form):
    """Who came to a class, in one form."""

    attended = PlacesField(
        label=_("Attended"),
        help_text=_("Whoever is not ticked is booked as missed and told so by mail."),
        queryset=Registration.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, session: TrainingSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = session.registrations.paid().select_related("account").order_by("name", "pk")
        self.fields["attended"].queryset = places  # type: ignore[attr-defined]
        came = places.exclude(status=Registration.Status.MISSED)
        self.fields["attended"].initial = list(came.values_list("pk", flat=True))


def staff(request: HttpRequest) -> User:
    """Return who is at work; the admin lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
