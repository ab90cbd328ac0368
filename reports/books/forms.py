"""What a page of the books is asked: months, a day, or how far ahead."""

from collections.abc import Callable
from datetime import date
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock
from credits_portal.lib.fields import DayInput, MonthInput
from reports.periods import MONTHS_SHOWN, first_of

MONTHS_AT_MOST = 120
DAYS_AHEAD = [14, 30, 60, 90, 180, 365]


class MonthField(forms.DateField):
    """A month, as its first day."""

    def __init__(self, **kwargs: Any) -> None:
        widget = MonthInput
        messages = {"invalid": _("Write the month as 2026-03.")}
        super().__init__(input_formats=["%Y-%m"], widget=widget, error_messages=messages, **kwargs)


class Asked(forms.Form):
    """What a page is asked by its address; what that does not say has a default."""

    defaults: Callable[[], dict[str, str]]

    @classmethod
    def of(cls, given: QueryDict) -> Self:
        """Return the form bound to what was given, and to defaults for the rest."""
        asked = QueryDict(mutable=True)
        for name, default in cls.defaults().items():
            asked[name] = given.get(name) or default
        return cls(asked)

    def query(self) -> str:
        """Return the address's part that asks the same again."""
        return self.data.urlencode() if isinstance(self.data, QueryDict) else ""


class MonthsForm(Asked):
    """From one month to another; the last twelve unless told."""

    first = MonthField(label=_("From"))
    last = MonthField(label=_("To"))

    @staticmethod
    def defaults() -> dict[str, str]:
        """Return what a page shows that was asked nothing."""
        today = clock.today()
        return {"first": f"{first_of(today, MONTHS_SHOWN - 1):%Y-%m}", "last": f"{today:%Y-%m}"}

    def clean(self) -> dict[str, Any]:
        """Check that the months stand in order, have begun, and are not too many."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if last and last > clock.today():
            self.add_error("last", _("Choose a month that has begun."))
        elif first and last and first > last:
            self.add_error("last", _("Choose a month that is not before the first one."))
        elif first and last and first < first_of(last, MONTHS_AT_MOST - 1):
            self.add_error("first", _("Choose at most ten years."))
        return given


def not_ahead(day: date) -> None:
    """Refuse a day that is still to come."""
    if day > clock.today():
        raise ValidationError(_("Choose today or a day before it."), code="ahead")


class DayForm(Asked):
    """A day, today unless told."""

    on = forms.DateField(
        label=_("At the end of"),
        input_formats=["%Y-%m-%d"],
        widget=DayInput,
        validators=[not_ahead],
        error_messages={"invalid": _("Write the day as 2026-03-31.")},
    )

    @staticmethod
    def defaults() -> dict[str, str]:
        """Return what a page shows that was asked nothing."""
        return {"on": clock.today().isoformat()}


class AheadForm(Asked):
    """How many days ahead."""

    days = forms.TypedChoiceField(
        label=_("Within"),
        coerce=int,
        choices=[(days, _("%(n)s days") % {"n": days}) for days in DAYS_AHEAD],
    )

    @staticmethod
    def defaults() -> dict[str, str]:
        """Return what a page shows that was asked nothing."""
        return {"days": "60"}
