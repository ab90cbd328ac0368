"""A table to be exported: what its columns hold, and where its rows come from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from django.utils.functional import Promise

Kind = Literal["text", "date", "credits", "money", "number"]

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Column:
    """A column: its key in code, its title for people, and what its cells hold.

    A text column holds `str`, date `datetime.date`, credits `int`, money `Decimal`, number `int`
    or `Decimal`; any of them None, which is an empty cell.
    """

    key: str
    title: str | Promise
    kind: Kind = "text"


@dataclass(frozen=True)
class Lines:
    """Some rows as ready-made CSV, and how many they are."""

    data: bytes
    rows: int


@dataclass(frozen=True)
class Table:
    """A title, columns, and rows that may be read once.

    `lines` yields the same rows as ready-made CSV, where the database writes them faster.
    """

    title: str | Promise
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    lines: Callable[[], Iterator[Lines]] | None = None


def money_cell(amount: Decimal) -> Decimal:
    """Return an amount with two decimals, or with all it has where that is more."""
    cents = amount.quantize(CENT, ROUND_HALF_UP)
    return cents if cents == amount else amount.normalize()
