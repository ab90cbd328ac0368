"""The roster of a class, to print and as a table: who has a place, sent by whom, who pays."""

import csv

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from credits_portal.lib.csv_safe import cell
from redemption.models import Registration, TrainingSession


def places_of(session: TrainingSession) -> QuerySet[Registration]:
    """Return the places of a class, cancelled ones left out, by name."""
    places = session.registrations.exclude(status=Registration.Status.CANCELLED)
    related = places.select_related("redemption", "account", "replaces")
    rows: QuerySet[Registration] = related.order_by("name", "pk")
    return rows


def as_csv(session: TrainingSession) -> HttpResponse:
    """Return the roster as CSV, safe to open in a spreadsheet (trust.md 3)."""
    day = session.starts_at.astimezone(session.zone).date()
    name = f"roster-{session.training.slug}-{day.isoformat()}.csv"
    # The byte-order mark tells Excel that this is UTF-8.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(columns())
    writer.writerows([cell(value) for value in row_of(place)] for place in places_of(session))
    return response


def columns() -> list[str]:
    """Return the headings."""
    return [
        _("Name"),
        _("Email address"),
        _("Status"),
        _("Credits"),
        _("Account"),
        _("Registered by"),
        _("Their email address"),
        _("Reference"),
        _("In place of"),
        _("Note"),
    ]


def row_of(place: Registration) -> list[object]:
    """Return what the headings name."""
    redemption = place.redemption
    return [
        place.name,
        place.email,
        place.get_status_display(),
        place.credits,
        place.account.name,
        redemption.name,
        redemption.email,
        redemption.reference,
        place.replaces and place.replaces.name,
        redemption.note,
    ]
