"""Tables as files: the same columns and rows as CSV, streamed, and as XLSX (docs/reports.md)."""

from .csv import csv_chunks, csv_lines, csv_response
from .names import file_name
from .tables import Column, Kind, Lines, Table
from .xlsx import CONTENT_TYPE, write_xlsx, xlsx_response

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": CONTENT_TYPE}

__all__ = [
    "CONTENT_TYPES",
    "Column",
    "Kind",
    "Lines",
    "Table",
    "csv_chunks",
    "csv_lines",
    "csv_response",
    "file_name",
    "write_xlsx",
    "xlsx_response",
]
