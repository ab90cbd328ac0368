"""Cells of exported tables that no spreadsheet takes for a formula (trust.md 3)."""

from datetime import date
from decimal import Decimal

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str | int | Decimal:
    """Return `value` for a cell: numbers as they are, dates ISO, risky text with an apostrophe."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(RISKY) else text
