"""The forms of catalogue, checkout and registration pages."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils import formats as django_formats
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock, formats
from credits_portal.lib.fields import CleanCharField, EmailField
from redemption.models import Redemption, Registration, Training, TrainingSession
from redemption.services import Person

MAX_PARTICIPANTS = 50
MONTHS_AHEAD = 12


def months() -> list[tuple[str, str]]:
    """Return this month and the next ones, as the catalogue's filter offers them."""
    first = clock.today().replace(day=1)
    choices = []
    for offset in range(MONTHS_AHEAD):
        year, month = divmod(first.month - 1 + offset, 12)
        day = date(first.year + year, month + 1, 1)
        choices.append((day.strftime("%Y-%m"), django_formats.date_format(day, "F Y")))
    return choices


def languages() -> list[tuple[str, str]]:
    """Return the teaching languages of the catalogue."""
    names = Training.objects.offered().order_by("language").values_list("language", flat=True)
    return [(name, name) for name in names.distinct()]


class FilterForm(forms.Form):
    """What the catalogue shows; every field may stay empty."""

    text = CleanCharField(label=_("Search"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Any")), *Training.Kind.choices]
    )
    month = forms.ChoiceField(
        label=_("Month"), required=False, choices=lambda: [("", _("Any")), *months()]
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("Any")), *languages()]
    )


class PasskeyField(forms.Field):
    """The training passkey, taken as it is typed: whatever is wrong with it is told alike."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        self.widget.attrs.update(attrs)


class SessionChoiceField(forms.ModelChoiceField[TrainingSession]):
    """A date of a training, with its seats."""

    def label_from_instance(self, obj: Any) -> str:
        """Return date, zone and seats."""
        if obj.seats_left <= 0:
            return gettext("%(date)s – full") % {"date": obj}
        text = ngettext("%(date)s – %(n)s seat left", "%(date)s – %(n)s seats left", obj.seats_left)
        return text % {"date": obj, "n": formats.number(obj.seats_left)}


class RegisterForm(forms.Form):
    """Who registers, for which date, and the training passkey that pays."""

    session = SessionChoiceField(
        label=_("Date"),
        queryset=TrainingSession.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], _("Choose one of the dates that are open.")
        ),
    )
    name = CleanCharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = EmailField(
        label=_("Your work email"),
        help_text=_("The confirmation and the link to change or cancel go here."),
    )
    passkey = PasskeyField(
        label=_("Training passkey"),
        help_text=_("A code such as 7K4M-…, from the owner of your credit account."),
    )
    attending = forms.BooleanField(label=_("I am attending"), required=False, initial=True)
    note = CleanCharField(
        label=_("Note for whoever approves or runs the training"),
        lines=True,
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, training: Training, keeps_passkey: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if training.is_live:
            field = self.fields["session"]
            field.queryset = training.sessions.upcoming().with_seats_left()  # type: ignore[attr-defined]
        else:
            del self.fields["session"]
        if keeps_passkey:
            self.fields["passkey"].required = False
            self.fields["passkey"].help_text = _("Leave it empty to keep the one you gave.")

    @property
    def person(self) -> Person:
        """Return the registrant."""
        return Person(self.cleaned_data["name"], self.cleaned_data["email"])


class ParticipantForm(forms.Form):
    """One more participant; a row left empty is nobody."""

    name = CleanCharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = EmailField(
        label=_("Work email"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


class BaseParticipantFormSet(forms.BaseFormSet[ParticipantForm]):
    """The participants besides the registrant."""

    def initial_form_count(self) -> int:
        """Let any row that comes back empty be nobody, whether it was shown filled in or not."""
        return 0 if self.is_bound else super().initial_form_count()

    @property
    def people(self) -> list[Person]:
        """Return those named."""
        rows = [form.cleaned_data for form in self.forms if form.has_changed()]
        return [Person(row["name"], row["email"]) for row in rows]

    def refuse(self, email: str, message: str) -> bool:
        """Put `message` at the last row that names `email`; tell whether there is one."""
        for form in reversed(self.forms):
            if form.has_changed() and form.cleaned_data.get("email") == email:
                form.add_error("email", message)
                return True
        return False


ParticipantFormSet = cast(
    type[BaseParticipantFormSet],
    forms.formset_factory(
        ParticipantForm,
        formset=BaseParticipantFormSet,
        extra=0,
        max_num=MAX_PARTICIPANTS,
        absolute_max=MAX_PARTICIPANTS + 1,
        validate_max=True,
    ),
)


class CheckForm(forms.Form):
    """What only the account that pays asks for, once the passkey has told which that is."""

    # Of the terms on the page (`terms_digest`); other ones are shown before anything is spent.
    terms = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    cost_centre = CleanCharField(label=_("Cost centre"), max_length=60)
    finish_by = forms.DateField(widget=forms.HiddenInput)
    agreed = forms.BooleanField()

    def __init__(
        self, *args: Any, asks_cost_centre: bool, finish_by: date | None, label: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not asks_cost_centre:
            del self.fields["cost_centre"]
        if finish_by is None:
            del self.fields["finish_by"], self.fields["agreed"]
        else:
            self.fields["finish_by"].initial = finish_by
            self.fields["agreed"].label = label


class AddressForm(forms.Form):
    """An address to be put right, or to mail links to."""

    email = EmailField(label=_("Work email"))


class ReplaceForm(forms.Form):
    """Who takes a place over."""

    name = CleanCharField(label=_("Name of the new participant"), max_length=150)
    email = EmailField(label=_("Their work email"))


class DateForm(forms.Form):
    """Another date for one or several places."""

    session = SessionChoiceField(
        label=_("New date"),
        queryset=TrainingSession.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], _("Choose one of the dates that are open.")
        ),
    )

    def __init__(
        self, *args: Any, redemption: Redemption, places: Sequence[Registration], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        taken = [place.session_id for place in places if place.session_id is not None]
        dates = TrainingSession.objects.upcoming().filter(training=redemption.training)
        dates = dates.exclude(pk__in=taken).with_room(len(places))
        self.fields["session"].queryset = dates  # type: ignore[attr-defined]


def initial_rows(people: Iterable[Person]) -> list[dict[str, str]]:
    """Return the people as the rows of a form set."""
    return [person._asdict() for person in people]
