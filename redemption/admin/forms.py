"""The forms of staff, and who sends them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from credits_portal.lib import clock
from credits_portal.lib.fields import CleanCharField
from redemption.models import Registration, TrainingSession


class NoticeForm(forms.Form):
    """What everybody concerned is told, and what stays on record."""

    notice = CleanCharField(label=_("Reason, as participants read it"), max_length=400)


class WallTimeField(forms.DateTimeField):
    """A date and time as the clock on the wall of the class shows it; it names no zone yet."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        """Read the time as typed: in the programme's zone it may not even exist."""
        with timezone.override(UTC):
            typed: datetime | None = super().to_python(value)
        return typed.replace(tzinfo=None) if typed else None


def put_into_zone(form: forms.BaseForm, zone: ZoneInfo) -> None:
    """Give the start and end of `form` the class's own zone; the end comes after the start."""
    cleaned = form.cleaned_data
    for name in ("starts_at", "ends_at"):
        typed: datetime | None = cleaned.get(name)
        if not typed:
            continue
        cleaned[name] = typed.replace(tzinfo=zone)
        if cleaned[name].astimezone(UTC).astimezone(zone).replace(tzinfo=None) != typed:
            form.add_error(name, _("Clocks are put forward then: there is no such time."))
    if cleaned.get("starts_at") and cleaned.get("ends_at"):
        if cleaned["ends_at"] <= cleaned["starts_at"]:
            form.add_error("ends_at", _("The end comes after the start."))
        elif cleaned["starts_at"] <= clock.now():
            form.add_error("starts_at", _("The start lies ahead of now."))


class SessionForm(forms.ModelForm[TrainingSession]):
    """A new class, its times on the clock of its own zone; later they are changed by moving it."""

    starts_at = WallTimeField(label=_("Starts"), help_text=_("In the class’s own zone, below."))
    ends_at = WallTimeField(label=_("Ends"), help_text=_("In the class’s own zone, below."))

    def clean(self) -> dict[str, Any]:
        """Read the times in the zone that the form names."""
        cleaned = super().clean() or self.cleaned_data
        # Of a zone that is none the model complains; the times still need one.
        zone = cleaned.get("time_zone", "")
        put_into_zone(self, ZoneInfo(zone if zone in available_timezones() else "UTC"))
        return cleaned

    def clean_seats(self) -> int:
        """Refuse fewer seats than are taken."""
        seats: int = self.cleaned_data["seats"]
        taken = self.instance.registrations.seated().count() if self.instance.pk else 0
        if seats < taken:
            raise ValidationError(_("%(n)s seats are taken already.") % {"n": taken})
        return seats


class MoveForm(NoticeForm):
    """The new time of a class, in its own zone."""

    starts_at = WallTimeField(label=_("New start, in the class’s own zone"))
    ends_at = WallTimeField(label=_("New end, in the class’s own zone"))
    field_order = ["starts_at", "ends_at", "notice"]

    def __init__(self, *args: Any, session: TrainingSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        for name in ("starts_at", "ends_at"):
            now = getattr(session, name).astimezone(session.zone)
            self.fields[name].initial = now.replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        """Read the times in the class's zone."""
        cleaned = super().clean() or self.cleaned_data
        put_into_zone(self, self.session.zone)
        return cleaned

    def seen(self) -> str:
        """Return the cleaned fields as one text: what a preview was shown for."""
        cleaned = self.cleaned_data
        times = (cleaned["starts_at"].isoformat(), cleaned["ends_at"].isoformat())
        return "|".join((*times, cleaned["notice"]))


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
