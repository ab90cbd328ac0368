"""CSV in UTF-8, made and sent in pieces; text that a spreadsheet would evaluate is quoted."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse

from credits_portal.lib.csv_safe import cell

from .tables import Column, Lines, Table, money_cell

ROWS_PER_CHUNK = 500


def csv_response(table: Table, filename: str) -> StreamingHttpResponse:
    """Return the table as a download that begins before the last row is read (trust.md 3)."""
    response = StreamingHttpResponse(csv_chunks(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def csv_chunks(table: Table) -> Iterator[bytes]:
    """Yield the table as CSV: the titles, then its rows."""
    return (lines.data for lines in csv_lines(table))


def csv_lines(table: Table) -> Iterator[Lines]:
    """Yield the same with the number of rows in each piece."""
    yield Lines(_written([[cell(str(column.title)) for column in table.columns]]), 0)
    if table.lines is not None:
        yield from table.lines()
        return
    shown = [_shown(column) for column in table.columns]
    rows = iter(table.rows)
    while piece := list(islice(rows, ROWS_PER_CHUNK)):
        cells = ([show(value) for show, value in zip(shown, row, strict=True)] for row in piece)
        yield Lines(_written(cells), len(piece))


def _shown(column: Column) -> Callable[[Any], Any]:
    """Return what makes a value of the column a cell."""
    return _money if column.kind == "money" else cell


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{money_cell(amount):f}"


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
