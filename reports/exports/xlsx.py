"""XLSX: text as text, never a formula or a link; numbers and dates as what they are."""

import tempfile
from collections.abc import Callable
from typing import IO, Any

from django.http import FileResponse
from xlsxwriter import Workbook

from .tables import Column, Table

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# A sheet takes 1,048,576 rows: one for the titles, the rest goes on in a next sheet.
ROWS_PER_SHEET = 1_048_575
SHEET_NAME_LENGTH = 25
FORBIDDEN_IN_NAMES = str.maketrans("", "", "[]:*?/\\'")
FORMATS = {
    "date": "yyyy-mm-dd",
    "credits": "#,##0",
    "money": "#,##0.00##",
}
WIDTHS = {"text": 28, "date": 12, "credits": 12, "money": 14, "number": 12}

Put = Callable[[Any, int, int, Any, Any], object]


def xlsx_response(table: Table, filename: str) -> FileResponse:
    """Return the table as a download."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_xlsx(table, file)
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=filename, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """Write the table into a file, a row at a time: memory does not grow with the rows."""
    with Workbook(file, OPTIONS) as book:
        bold = book.add_format({"bold": True})
        formats = [_format(book, column) for column in table.columns]
        puts = [PUTS.get(column.kind, put_number) for column in table.columns]
        sheet: Any = None
        for index, row in enumerate(table.rows):
            line = index % ROWS_PER_SHEET
            if line == 0:
                sheet = _sheet(book, table, index // ROWS_PER_SHEET, bold)
            for place, (put, value) in enumerate(zip(puts, row, strict=True)):
                if value is not None and value != "":
                    put(sheet, line + 1, place, value, formats[place])
        if sheet is None:
            _sheet(book, table, 0, bold)


def put_text(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write a text; one that the library would take for its own mark-up gets a space before it."""
    text = str(value)
    sheet.write_string(row, column, f" {text}" if text.startswith("<r>") else text, form)


def put_date(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write a date."""
    sheet.write_datetime(row, column, value, form)


def put_number(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write a number."""
    sheet.write_number(row, column, value, form)


PUTS: dict[str, Put] = {"text": put_text, "date": put_date}


def _format(book: Any, column: Column) -> Any:
    pattern = FORMATS.get(column.kind)
    return book.add_format({"num_format": pattern}) if pattern else None


def _sheet(book: Any, table: Table, number: int, bold: Any) -> Any:
    """Return a new sheet with the titles in its first row, which stays in sight."""
    name = str(table.title).translate(FORBIDDEN_IN_NAMES)[:SHEET_NAME_LENGTH].strip()
    sheet = book.add_worksheet(f"{name} {number + 1}" if number else name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, WIDTHS[column.kind])
        put_text(sheet, 0, place, str(column.title), bold)
    return sheet
