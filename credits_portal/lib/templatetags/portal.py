"""Template filters over `credits_portal.lib.formats`, and what the form components need."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django import forms, template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from credits_portal.lib import clock, formats

register = template.Library()


def shown(name: str, show: Callable[..., str]) -> None:
    """Register `show` as a filter that leaves what is absent blank."""

    def blank_or_shown(value: Any) -> str:
        return "" if value is None or value == "" else show(value)

    register.filter(name, blank_or_shown)


def zone_of(zone: ZoneInfo | str) -> ZoneInfo | None:
    """Return the zone that is meant, or None for the programme's."""
    if isinstance(zone, ZoneInfo):
        return zone
    return ZoneInfo(zone) if zone else None


@register.filter
def moment(value: datetime | None, zone: ZoneInfo | str = "") -> str:
    """Return an aware time in the named zone, or in the programme's; what is absent is blank."""
    return formats.moment(value, zone_of(zone)) if value else ""


@register.filter
def money(value: Decimal | None, currency: str = "USD") -> str:
    """Return an amount in the currency; what is absent is blank."""
    return "" if value is None or value == "" else formats.money(value, currency)


shown("credits", formats.credits)
shown("number", formats.number)
shown("day", formats.day)
shown("days_left", formats.days_left)


@register.simple_tag
def class_time(start: datetime, end: datetime, zone: ZoneInfo | str = "") -> SafeString:
    """Show a class's time in its own zone; a script adds the reader's as a second line."""
    return format_html(
        '<time datetime="{}" data-zone="{}" data-local="{}">{}</time>',
        start.isoformat(),
        zone_of(zone) or clock.zone(),
        gettext("Starts on your clock: %s"),
        formats.span(start, end, zone_of(zone)),
    )


class Problem(NamedTuple):
    """A line of the error summary, and the field that it leads to."""

    text: str
    anchor: str


def first_id(field: BoundField) -> str:
    """Return the id of the field's first control, for the summary to link to."""
    if field.is_hidden:
        return ""
    return field.id_for_label or f"{field.auto_id}_0"


def wording(field: BoundField) -> str:
    """Return what to say at a field left empty whose form has no words of its own for that."""
    if isinstance(field.field.widget, forms.CheckboxInput):
        return gettext("Tick “%(label)s” to go on.") % {"label": field.label}
    if isinstance(field.field, forms.ChoiceField):
        return gettext("Choose an answer: %(label)s.") % {"label": field.label}
    return gettext("Fill in this field: %(label)s.") % {"label": field.label}


@register.filter
def texts_of(field: BoundField) -> list[str]:
    """Return the errors of a field, for the summary and the field alike."""
    stock = forms.Field.default_error_messages["required"]
    return [
        wording(field) if error.code == "required" and error.message == stock else str(text)
        for error, text in zip(field.errors.as_data(), field.errors, strict=True)
    ]


def problems_of(form: BaseForm) -> Iterator[Problem]:
    """Yield what a form refuses, its general errors first."""
    for text in form.non_field_errors():
        yield Problem(str(text), "")
    for field in form:
        for text in texts_of(field):
            yield Problem(text, first_id(field))


@register.simple_tag
def errors_of(*forms: "BaseForm | BaseFormSet[BaseForm] | str | None") -> list[Problem]:
    """Return the lines of the error summary over forms and form sets; absent ones have none."""
    problems: list[Problem] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            problems += [Problem(str(text), "") for text in form.non_form_errors()]
            problems += [line for member in form.forms for line in problems_of(member)]
        elif isinstance(form, BaseForm):
            problems += problems_of(form)
    return problems
