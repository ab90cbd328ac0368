"""Charts as figures of SVG: places in per cent, so that text keeps its size at any width.

Lines are drawn in a stretched picture of 1,000 by 1,000 inside; marks, bars and words are not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.utils import formats
from django.utils.translation import gettext as _

from credits_portal.lib.formats import credits, day, number

from .expiry import Rung
from .periods import first_of, month_name, months_of
from .timeline import Step, Timeline

TOP, BOTTOM = 12.0, 86.0
TICKS = 4
LABELS = 3
RUNGS_SHOWN = 12
# A mark at the very edge would be cut off by a narrow screen.
EDGE = 1.5
# What a digit of the scale takes of the width of a phone, in per cent.
DIGIT = 2.1


class Tick(NamedTuple):
    """A label at a place of an axis, with the side on which its text lies."""

    at: str
    label: str
    anchor: str = "middle"


class Mark(NamedTuple):
    """A purchase or an expiry on the line."""

    x: str
    y: str
    kind: str
    label: str


class Bar(NamedTuple):
    """A bar: `height` from its top `y`; of it `part` from `part_y` stands out."""

    x: str
    width: str
    y: str
    height: str
    part_y: str
    part: str
    label: str


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    name: str
    title: str
    description: str
    levels: Sequence[Tick]
    labels: Sequence[Tick]
    line: str = ""
    area: str = ""
    ahead: str = ""
    today: str = ""
    marks: Sequence[Mark] = field(default_factory=list)
    bars: Sequence[Bar] = field(default_factory=list)
    parted: bool = False


@dataclass(frozen=True)
class Scale:
    """Turns amounts into places from the bottom upwards."""

    top: int

    @property
    def left(self) -> float:
        """Return how much of the width the scale's figures need, in per cent."""
        return max(EDGE, DIGIT * len(number(self.top)))

    def y(self, amount: float) -> float:
        """Return the place of an amount in per cent from above."""
        return BOTTOM - (BOTTOM - TOP) * amount / self.top

    def ticks(self) -> list[Tick]:
        """Return the lines of the grid with what they stand for."""
        step = step_for(self.top)
        amounts = range(0, self.top + 1, step)
        return [Tick(percent(self.y(amount)), number(amount)) for amount in amounts]


def step_for(amount: int) -> int:
    """Return the round step of which at most four make up `amount`."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size * TICKS >= amount:
                return factor * size
        size *= 10


def scale_for(amounts: Iterable[int]) -> Scale:
    """Return the scale whose top is a round number not below any of the amounts."""
    most = max([1, *amounts])
    step = step_for(most)
    return Scale(-(-most // step) * step)


def percent(value: float) -> str:
    """Return a place as SVG writes it, whatever the language."""
    return f"{value:.2f}%"


def anchored(x: float, label: str) -> Tick:
    """Return a label under `x`, which does not run over the edges."""
    anchor = "start" if x < 8 else "end" if x > 92 else "middle"  # noqa: PLR2004
    return Tick(percent(x), label, anchor)


def balance_chart(line: Timeline) -> Chart:
    """Draw the balance over time: purchases and expiries marked, what is ahead dashed."""
    span = max((line.last - line.first).days, 1)
    steps = [*line.behind, *line.ahead]
    scale = scale_for([line.opening, line.now, *(step.balance for step in steps)])

    def x(on: date) -> float:
        return scale.left + (100 - scale.left - EDGE) * max((on - line.first).days, 0) / span

    def path(first: date, opening: int, steps: Sequence[Step], last: date) -> str:
        corners = [(x(first), opening)]
        for step in steps:
            corners += [(x(step.day), corners[-1][1]), (x(step.day), step.balance)]
        corners.append((x(last), corners[-1][1]))
        return " ".join(f"{at * 10:.1f},{scale.y(level) * 10:.1f}" for at, level in corners)

    behind = path(line.first, line.opening, line.behind, line.today)
    ahead = path(line.today, line.now, line.ahead, line.last) if line.ahead else ""
    ends = f"{x(line.today) * 10:.1f},{BOTTOM * 10} {x(line.first) * 10:.1f},{BOTTOM * 10}"
    return Chart(
        name="balance",
        title=_("Balance over time"),
        description=_balance_in_words(line),
        levels=scale.ticks(),
        labels=_months_below(line, x),
        line=behind,
        area=f"{behind} {ends}",
        ahead=ahead,
        today=percent(x(line.today)),
        marks=[mark for step in steps for mark in _marks(step, x(step.day), scale)],
    )


def _balance_in_words(line: Timeline) -> str:
    text = _("From %(first)s to %(today)s the balance went from %(opening)s to %(now)s.") % {
        "first": day(line.first),
        "today": day(line.today),
        "opening": credits(line.opening),
        "now": credits(line.now),
    }
    if not line.ahead:
        return text
    ahead = _("If nothing more is used or bought, the last of them expire on %(last)s.")
    return f"{text} {ahead % {'last': day(line.last)}}"


def _months_below(line: Timeline, x: Callable[[date], float]) -> list[Tick]:
    """Return a few of the months' first days as labels."""
    firsts = [month for month in months_of(line.first, line.last) if month >= line.first]
    every = -(-len(firsts) // LABELS) or 1
    return [anchored(x(month), short_month(month)) for month in firsts[::every]]


def short_month(month: date) -> str:
    """Return the month short enough for an axis: Mar 2026."""
    return formats.date_format(month, "M Y")


def _marks(step: Step, x: float, scale: Scale) -> Iterable[Mark]:
    """Yield what happened on the day, a purchase above an expiry."""
    on = day(step.day)
    if step.purchased:
        label = _("%(day)s: %(credits)s bought") % {"day": on, "credits": credits(step.purchased)}
        yield Mark(percent(x), percent(scale.y(step.balance)), "bought", label)
    if step.expired:
        label = _("%(day)s: %(credits)s expire") % {"day": on, "credits": credits(step.expired)}
        yield Mark(percent(x), percent(scale.y(step.balance)), "expired", label)


class Column(NamedTuple):
    """A bar to be drawn: its name below, its amount, and the part of it that stands out."""

    name: str
    amount: int
    label: str
    part: int = 0


def bars(columns: Sequence[Column], scale: Scale) -> tuple[list[Bar], list[Tick]]:
    """Return the bars side by side, and the labels for as many as have room."""
    slot = (100 - scale.left) / max(len(columns), 1)
    width = min(slot * 0.7, 14)
    every = -(-len(columns) // LABELS) or 1
    drawn, labels = [], []
    for place, column in enumerate(columns):
        middle = scale.left + slot * (place + 0.5)
        y, part_y = scale.y(column.amount), scale.y(column.part)
        drawn.append(
            Bar(
                percent(middle - width / 2),
                percent(width),
                percent(y),
                percent(BOTTOM - y),
                percent(part_y),
                percent(BOTTOM - part_y),
                column.label,
            )
        )
        if place % every == 0:
            labels.append(anchored(middle, column.name))
    return drawn, labels


def usage_chart(months: Sequence[tuple[date, int]]) -> Chart:
    """Draw what was used in each month."""
    scale = scale_for(amount for _month, amount in months)
    columns = [
        Column(short_month(month), max(amount, 0), f"{month_name(month)}: {credits(amount)}")
        for month, amount in months
    ]
    drawn, labels = bars(columns, scale)
    most = max(months, key=lambda each: each[1])
    description = _("%(months)s months; the most, %(credits)s, in %(month)s.") % {
        "months": number(len(months)),
        "credits": credits(most[1]),
        "month": month_name(most[0]),
    }
    return Chart(
        "usage", _("Credits used by month"), description, scale.ticks(), labels, bars=drawn
    )


def expiry_chart(rungs: Sequence[Rung]) -> Chart:
    """Draw what expires when; what will be lost at the present pace stands out."""
    columns = _ladder_columns(rungs)
    scale = scale_for(column.amount for column in columns)
    drawn, labels = bars(columns, scale)
    lost = sum(rung.lost for rung in rungs)
    description = _("%(credits)s expire until %(last)s; at the present pace %(lost)s are lost.") % {
        "credits": credits(sum(rung.credits for rung in rungs)),
        "last": day(rungs[-1].last_day),
        "lost": credits(lost),
    }
    return Chart(
        "expiry",
        _("What expires when"),
        description,
        scale.ticks(),
        labels,
        bars=drawn,
        parted=True,
    )


def _ladder_columns(rungs: Sequence[Rung]) -> list[Column]:
    """Return a bar for each last usable day, or for each month where the days are many."""
    days: dict[date, list[Rung]] = {}
    for rung in rungs:
        days.setdefault(rung.last_day, []).append(rung)
    monthly = len(days) > RUNGS_SHOWN
    if monthly:
        days = {}
        for rung in rungs:
            days.setdefault(first_of(rung.last_day), []).append(rung)
    return [_ladder_column(on, those, monthly=monthly) for on, those in days.items()]


def _ladder_column(on: date, rungs: Sequence[Rung], *, monthly: bool) -> Column:
    amount, lost = sum(rung.credits for rung in rungs), sum(rung.lost for rung in rungs)
    name = short_month(on) if monthly else formats.date_format(on, "j M Y")
    label = _("%(when)s: %(credits)s, of which %(lost)s lost at the present pace") % {
        "when": month_name(on) if monthly else day(on),
        "credits": credits(amount),
        "lost": number(lost),
    }
    return Column(name, amount, label, lost)
