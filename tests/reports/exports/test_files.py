"""Exports as spreadsheets read them: text stays text, numbers and dates are what they are."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from reports.exports import Column, Lines, Table, csv_chunks, csv_response, file_name, xlsx_response
from reports.exports import xlsx as xlsx_module

COLUMNS = [
    Column("who", "Who"),
    Column("day", "Day", "date"),
    Column("credits", "Credits", "credits"),
    Column("value", "Value", "money"),
    Column("number", "Number", "number"),
]
ROW = ["Ana", date(2026, 3, 10), -600, Decimal("-480.0000"), 7]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("https://x.example","x")']


def table(*rows):
    return Table("Things / [all]", COLUMNS, iter(rows))


def text_row(text):
    return [text, None, None, None, None]


def as_csv(*rows):
    return list(csv.reader(io.StringIO(b"".join(csv_chunks(table(*rows))).decode())))


def as_sheets(*rows):
    response = xlsx_response(table(*rows), "x.xlsx")
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def as_cells(*rows):
    return [[cell.value for cell in row] for row in as_sheets(*rows).worksheets[0].iter_rows()]


def test_csv_writes_iso_dates_and_plain_numbers():
    assert as_csv(ROW)[1] == ["Ana", "2026-03-10", "-600", "-480.00", "7"]


def test_csv_begins_with_the_titles():
    assert as_csv() == [["Who", "Day", "Credits", "Value", "Number"]]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_quotes_what_would_be_evaluated(text):
    assert as_csv(text_row(text))[1][0] == f"'{text}"


@pytest.mark.parametrize("price", ["0.8000", "0.8125", "1", "1000", "0"])
def test_money_in_csv_has_two_decimals_or_all_it_has(price):
    expected = {"0.8000": "0.80", "1": "1.00", "1000": "1000.00", "0": "0.00"}.get(price, price)
    assert as_csv(["", None, None, Decimal(price), None])[1][3] == expected


def test_csv_is_sent_in_pieces():
    rows = (text_row(str(number)) for number in range(1_200))
    assert len(list(csv_chunks(table(*rows)))) == 4


def test_csv_takes_the_databases_own_lines():
    ready = Table("x", COLUMNS[:1], [], lines=lambda: iter([Lines(b"a\n", 1), Lines(b"b\n", 1)]))
    assert list(csv_chunks(ready)) == [b"Who\n", b"a\n", b"b\n"]


def test_a_csv_download_is_named_and_not_kept():
    response = csv_response(table(), "acme-usage.csv")
    assert [response["Content-Disposition"], response["Cache-Control"]] == [
        'attachment; filename="acme-usage.csv"',
        "no-store",
    ]


def test_xlsx_holds_numbers_dates_and_texts_as_such():
    values = as_cells(ROW)[1]
    assert [values[0], values[1].date(), *values[2:]] == ["Ana", ROW[1], -600, -480, 7]


@pytest.mark.parametrize("text", [*FORMULAS, "https://x.example", "0012", "{=1}"])
def test_xlsx_keeps_text_as_it_is_and_evaluates_none(text):
    cell = as_sheets(text_row(text)).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_xlsx_takes_no_mark_up_from_a_text():
    markup = "<r><t>x</t></c><c><f>1+1</f></r>"
    assert as_cells(text_row(markup))[1][0] == f" {markup}"


def test_xlsx_leaves_empty_cells_empty():
    assert as_cells(text_row(""), ROW)[1] == [None] * 5


def test_xlsx_without_rows_has_its_titles():
    assert as_cells() == [["Who", "Day", "Credits", "Value", "Number"]]


def test_xlsx_goes_on_in_a_next_sheet(monkeypatch):
    monkeypatch.setattr(xlsx_module, "ROWS_PER_SHEET", 2)
    book = as_sheets(*[ROW] * 5)
    sheets = [(sheet.title, sheet.max_row) for sheet in book.worksheets]
    assert sheets == [("Things  all", 3), ("Things  all 2", 3), ("Things  all 3", 2)]


def test_a_file_is_named_for_account_report_and_range():
    parts = ["Acme & Söhne", "statement", date(2026, 1, 1), None]
    assert file_name(*parts, ending="csv") == "acme-sohne-statement-2026-01-01.csv"


def test_a_file_of_an_account_without_letters_has_a_name_too():
    assert file_name("…", None, ending="xlsx") == "export.xlsx"
