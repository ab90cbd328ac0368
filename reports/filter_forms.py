"""What narrows the reports: forms by GET, whose fields may all stay empty."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import LedgerEntry
from accounts.models import CreditAccount
from credits_portal.lib import clock
from credits_portal.lib.fields import CleanCharField, DayInput

from . import periods, statement, usage

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
NOT_A_DAY = _("Enter a date from 2000 to 2100 as year, month, day, such as 2026-03-14.")


class DayField(forms.DateField):
    """A date that people may pick, within reason."""

    widget = DayInput
    default_error_messages = {"invalid": NOT_A_DAY}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%d"], **kwargs)
        limits = (MinValueValidator(EARLIEST, NOT_A_DAY), MaxValueValidator(LATEST, NOT_A_DAY))
        self.validators.extend(limits)


class ReportForm(forms.Form):
    """The filters of a report; what the address leaves out has its default."""

    def __init__(self, query: QueryDict, account: CreditAccount) -> None:
        data = query.copy()
        for name, value in self.defaults().items():
            data.setdefault(name, value)
        super().__init__(data)
        self.account = account

    def defaults(self) -> dict[str, str]:
        """Return the fields that are filled in where the address says nothing of them."""
        return {}

    def filters(self) -> Any:
        """Return the cleaned filters as the report takes them."""
        raise NotImplementedError

    def asked(self) -> dict[str, str]:
        """Return the filters as an address or a worker's order carries them."""
        return {name: self.data[name] for name in self.fields if name in self.data}

    @property
    def address(self) -> str:
        """Return the filters as the end of an address."""
        return f"?{urlencode(self.asked())}"

    @property
    def is_narrow(self) -> bool:
        """Tell whether any filter is set."""
        return any(self.data.get(name) for name in self.fields)


class PeriodForm(ReportForm):
    """From a day to a day, both inclusive."""

    since = DayField(label=_("From"))
    until = DayField(label=_("To"))

    @property
    def period(self) -> periods.Period:
        """Return the days meant."""
        return periods.Period(self.cleaned_data["since"], self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("Enter a day on or after the first one."))
        return cleaned


class MonthsForm(PeriodForm):
    """The months shown: the last twelve, unless told."""

    def defaults(self) -> dict[str, str]:
        """Begin a year ago."""
        return {"since": str(periods.last_year().first_day)}

    def filters(self) -> periods.Period:
        """Return the period."""
        return self.period


class StatementForm(PeriodForm):
    """What the statement shows."""

    text = CleanCharField(
        label=_("Search"),
        required=False,
        max_length=100,
        help_text=_("Name, address, training, reference, cost centre or reason."),
    )
    kind = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Everything")), *LedgerEntry.Kind.choices]
    )

    field_order = ["text", "kind", "since", "until"]

    def filters(self) -> statement.Filters:
        """Return what the statement takes."""
        cleaned = self.cleaned_data
        return statement.Filters(self.period, cleaned["text"] or "", cleaned["kind"])


class UsageForm(PeriodForm):
    """What the usage report shows, and by what."""

    by = forms.ChoiceField(
        label=_("By"),
        choices=[
            (usage.PEOPLE, _("Person")),
            (usage.TRAININGS, _("Training")),
            (usage.MONTHS, _("Month")),
            (usage.COST_CENTRES, _("Cost centre")),
        ],
    )
    training = forms.TypedChoiceField(
        label=_("Training"), required=False, coerce=int, empty_value=None
    )
    cost_centre = forms.ChoiceField(label=_("Cost centre"), required=False)
    person = CleanCharField(label=_("Participant"), required=False, max_length=100)

    field_order = ["by", "since", "until", "training", "cost_centre", "person"]

    def __init__(self, query: QueryDict, account: CreditAccount) -> None:
        super().__init__(query, account)
        everything = [("", _("All"))]
        trainings: Any = self.fields["training"]
        trainings.choices = [*everything, *usage.trainings_used(account)]
        centres = [(name, name) for name in usage.cost_centres_used(account)]
        if centres:
            choice: Any = self.fields["cost_centre"]
            choice.choices = [*everything, *centres]
        else:
            del self.fields["cost_centre"]

    def defaults(self) -> dict[str, str]:
        """Show people, and the last twelve months."""
        return {"by": usage.PEOPLE, "since": str(periods.last_year().first_day)}

    def filters(self) -> usage.Filters:
        """Return what the usage report takes."""
        cleaned = self.cleaned_data
        return usage.Filters(
            period=self.period,
            training=cleaned["training"],
            cost_centre=cleaned.get("cost_centre") or None,
            person=cleaned["person"] or "",
        )


class BalanceForm(ReportForm):
    """The day of the balance: today, unless told."""

    day = DayField(label=_("Balance on"))

    def defaults(self) -> dict[str, str]:
        """Show today."""
        return {"day": str(clock.today())}

    def filters(self) -> date:
        """Return the day."""
        day: date = self.cleaned_data["day"] or clock.today()
        return day


class ExpiryForm(ReportForm):
    """The ladder has nothing to narrow."""

    def filters(self) -> None:
        """Return nothing."""
