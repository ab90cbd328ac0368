"""Tables as files: the same columns and rows as CSV, streamed, and as XLSX (docs/reports.md)."""

from .csv import csv_chunks, csv_response
from .names import file_name
from .tables import Column, Kind, Table
from .xlsx import write_xlsx, xlsx_response

__all__ = [
    "Column",
    "Kind",
    "Table",
    "csv_chunks",
    "csv_response",
    "file_name",
    "write_xlsx",
    "xlsx_response",
]
