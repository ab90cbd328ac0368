"""Numbers that people quote: one series per kind and year, without gaps."""

from credits_portal.lib import clock
from credits_portal.lib.locks import locked
from purchasing.models import NumberSeries


def lock_series(kind: str) -> NumberSeries:
    """Lock this year's series of `kind` until the transaction ends; make it if it is the first."""
    series, _ = NumberSeries.objects.get_or_create(kind=kind, year=clock.today().year)
    return locked(series)


def next_number(series: NumberSeries, prefix: str) -> str:
    """Give the next number of the locked `series`, such as TC-2026-000123."""
    series.last += 1
    series.save(update_fields=["last"])
    return f"{prefix}-{series.year}-{series.last:06}"
