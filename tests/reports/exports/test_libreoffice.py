"""Every export as LibreOffice opens it: no formula, numbers as numbers (trust.md 3)."""

import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from django.http import QueryDict

from redemption.services import Person
from reports import downloads
from reports.books import pages
from reports.exports import csv_chunks, write_xlsx
from tests.factories import approvals as factories
from tests.factories.redemption import add_lot, register

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.django_db,
    # .ci/checks.py knows this reason: CI does not bring LibreOffice.
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed"),
]
# Commas, quotes, UTF-8; detect dates; and evaluate formulas, which people can tick.
CSV = "CSV:44,34,76,1,,1033,false,true,false,false,false,0,true"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
VALUE_TYPES = {"credits": "float", "money": "float", "number": "float", "date": "date"}
EVIL = '=HYPERLINK("https://x.example","x")'


@pytest.fixture
def account(db, moving_clock):
    """An account whose people have the names that a spreadsheet would evaluate."""
    account = factories.make_account(1_000)
    account.name = "@SUM(1+1)"
    account.save(update_fields=["name"])
    add_lot(account, 5_000, days=30, unit_price="0.8125")
    session = factories.make_session(seats=50)
    factories.ask(account, session, registrant=Person(EVIL, "x@example.com"), cost_centre="-1+1")
    account.requires_approval = False
    account.save(update_fields=["requires_approval"])
    redemption = register(account, session=session, names=("ann", "ben"), cost_centre="+1")
    redemption.registrations.update(name="=1+1")
    return account


def tables(account):
    """Yield the name and a maker of every table that can be downloaded."""
    for name, report in downloads.REPORTS.items():
        form = report.form(QueryDict(), account)
        assert form.is_valid()
        yield name, lambda report=report, form=form: report.table(account, form)
    for report in pages.REPORTS:
        form = report.form.of(QueryDict())
        assert form.is_valid()
        yield (
            f"books-{report.name}",
            lambda report=report, form=form: report.table(form.cleaned_data),
        )


def opened(folder, files, *options):
    """Return the rows of cells of each file as LibreOffice sees them."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [SOFFICE, profile, "--headless", *options, "--convert-to", "fods"]
    command += ["--outdir", str(folder), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return {file.name: cells(folder / f"{file.stem}.fods") for file in files}


def cells(path):
    """Return the rows of the first sheet as lists of cells, repeated ones written out."""
    sheet = ElementTree.parse(path).getroot().find(f".//{TABLE}table")
    rows = []
    for row in sheet.iter(f"{TABLE}table-row"):
        found = []
        for cell in row.iter(f"{TABLE}table-cell"):
            found += [cell] * min(int(cell.get(f"{TABLE}number-columns-repeated", 1)), 50)
        rows.append(found)
    return rows


def written(folder, account, ending):
    """Write every table as a file; return the files and, by name, the columns' kinds."""
    files, kinds = [], {}
    for name, make in tables(account):
        table = make()
        file = folder / f"{name}.{ending}"
        with file.open("wb") as target:
            if ending == "csv":
                target.writelines(csv_chunks(table))
            else:
                write_xlsx(table, target)
        files.append(file)
        kinds[file.name] = [VALUE_TYPES.get(column.kind, "string") for column in table.columns]
    return files, kinds


def wrong(rows, kinds):
    """Return what of a file is a formula, or not what its column holds."""
    for number, row in enumerate(rows[1:], start=2):
        for cell, kind in zip(row, kinds, strict=False):
            found = cell.get(f"{OFFICE}value-type")
            if cell.get(f"{TABLE}formula") or found not in {None, kind}:
                yield number, kind, dict(cell.attrib), "".join(cell.itertext())


@pytest.mark.parametrize(("ending", "options"), [("xlsx", []), ("csv", [f"--infilter={CSV}"])])
def test_libreoffice_evaluates_nothing_and_sees_numbers(account, tmp_path, ending, options):
    files, kinds = written(tmp_path, account, ending)
    seen = opened(tmp_path, files, *options)
    found = {name: list(wrong(rows, kinds[name])) for name, rows in seen.items()}
    assert {name: rows for name, rows in found.items() if rows} == {}


def test_libreoffice_finds_the_names_as_text(account, tmp_path):
    files, _kinds = written(tmp_path, account, "xlsx")
    rows = opened(tmp_path, files)["statement.xlsx"]
    assert EVIL in {"".join(cell.itertext()).strip() for row in rows for cell in row}
