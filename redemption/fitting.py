"""The last class that credits of a lot still pay (rules.md 3 and 8)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import CreditLot
from redemption import deadlines
from redemption.models import TrainingSession


class Candidate(NamedTuple):
    """What has to be known of a class to tell whether a lot pays it."""

    pk: int
    ends_at: datetime
    time_zone: str
    credits: int

    @property
    def end_date(self) -> date:
        """Return the day on which it ends, as printed in its own zone (rules.md 3)."""
        return self.ends_at.astimezone(ZoneInfo(self.time_zone)).date()


def last_classes(lots: Iterable[CreditLot]) -> Mapping[int, TrainingSession]:
    """Return for each lot's id the last class with seats that it reaches and pays, in two queries.

    A lot that no class fits any more is left out.
    """
    lots = list(lots)
    candidates = _candidates(lots) if lots else []
    chosen = {lot.pk: _last_for(lot, candidates) for lot in lots}
    # No class is 0, which is none's: the queries are two, whatever is found.
    rows = TrainingSession.objects.select_related("training").in_bulk(
        {pk or 0 for pk in chosen.values()}
    )
    return {lot: rows[pk] for lot, pk in chosen.items() if pk in rows}


def _candidates(lots: list[CreditLot]) -> list[Candidate]:
    """Return the classes with seats that one of the lots may reach, the last first."""
    # A class ends at most a day earlier or later in its own zone than in the programme's.
    latest = deadlines.end_of(max(lot.last_day for lot in lots)) + timedelta(days=1)
    sessions = TrainingSession.objects.upcoming().filter(
        training__is_active=True,
        training__credits__lte=max(lot.available for lot in lots),
        ends_at__lt=latest,
    )
    rows = sessions.with_room().order_by("-ends_at", "-id")
    columns = rows.values_list("pk", "ends_at", "time_zone", "training__credits")
    return [Candidate(*row) for row in columns]


def _last_for(lot: CreditLot, candidates: Iterable[Candidate]) -> int | None:
    """Return the first of `candidates`, the last first, that the lot reaches and pays."""
    return next(
        (
            each.pk
            for each in candidates
            if each.credits <= lot.available and each.end_date <= lot.last_day
        ),
        None,
    )
