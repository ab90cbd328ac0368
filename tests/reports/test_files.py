"""Files of the reports: at once, or by a worker with a link for one person (trust.md 3)."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import connection
from django.urls import reverse

from accounts.services import remove_delegate
from redemption.services import Person, withdraw
from reports import downloads, services, statement_rows, tasks
from reports.exports import csv_chunks
from reports.models import ExportJob, ExportPart
from reports.periods import Period
from reports.statement import ALL, Filters
from reports.statement_rows import statement_table
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory
from tests.factories.redemption import add_lot
from tests.mailbox import assert_good_mail, links_in, mails_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client, account):
    def get(name, *path, user=None, **query):
        client.force_login(user or account.owner)
        return client.get(reverse(f"reports:{name}", args=[account.public_id, *path]), query)

    return get


@pytest.fixture
def few(monkeypatch):
    """Let two rows be many."""
    monkeypatch.setattr(downloads, "LARGE", 1)
    monkeypatch.setattr("reports.views.reports.LARGE", 1)


@pytest.fixture
def ask(client, account, few):
    def ask(ending="csv", user=None):
        client.force_login(user or account.owner)
        path = reverse("reports:large", args=[account.public_id, "statement", ending])
        client.post(f"{path}?kind=issue")
        return ExportJob.objects.latest("pk")

    return ask


def body(response):
    return b"".join(response.streaming_content)


def rows_of(response):
    return list(csv.reader(io.StringIO(body(response).decode())))


def titles(table):
    return [str(column.title) for column in table.columns]


@pytest.mark.parametrize("name", downloads.REPORTS)
def test_every_report_downloads_as_csv_and_as_xlsx(get, account, name):
    lines = rows_of(get("download", name, "csv"))
    file = io.BytesIO(body(get("download", name, "xlsx")))
    sheet = openpyxl.load_workbook(file).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert (len(cells), cells[0]) == (len(lines), lines[0])


@pytest.mark.parametrize("name", downloads.REPORTS)
def test_a_file_of_an_empty_account_has_its_titles(client, moving_clock, name):
    account = factories.make_account(0)
    client.force_login(account.owner)
    path = reverse("reports:download", args=[account.public_id, name, "csv"])
    assert len(rows_of(client.get(path))) == 1


def test_a_file_has_the_filters_of_its_page(get):
    lines = rows_of(get("download", "statement", "csv", kind="hold"))
    assert len(lines) == 1


def test_a_file_name_tells_account_report_and_range(get, account):
    response = get("download", "usage", "csv", since="2026-01-01", until="2026-01-31", by="month")
    name = f"{account.name.lower().replace(' ', '-')}-usage-by-month-2026-01-01-2026-01-31.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_name_that_a_spreadsheet_would_evaluate_is_quoted(get, account, session):
    factories.ask(account, session, registrant=Person('=HYPERLINK("x")', "x@example.com"))
    [registrant] = {line[5] for line in rows_of(get("download", "statement", "csv"))[1:] if line[5]}
    assert registrant == '\'=HYPERLINK("x")'


def test_the_database_writes_the_same_lines_as_we_do(account, session):
    """On PostgreSQL the file is written by COPY; on SQLite there is only one way."""

    add_lot(account, 7, unit_price="0.8125", days=20)
    factories.ask(account, session, cost_centre='-1,\n"2"')
    table = statement_table(account, ALL)
    assert b"".join(csv_chunks(table)) == b"".join(
        csv_chunks(replace(statement_table(account, ALL), lines=None))
    )


@pytest.fixture
def in_parts(monkeypatch):
    """Let every entry be a part."""

    def narrow():
        for size in ("FIRST_PART", "LINES_PART", "ROWS_PART"):
            monkeypatch.setattr(statement_rows, size, 1)

    return narrow


FILTERS = [ALL, Filters(text="Ana"), Filters(kind="release"), Filters(Period(date(2026, 3, 11)))]


@pytest.mark.parametrize("filters", FILTERS)
def test_the_statement_is_the_same_in_parts(account, session, moving_clock, in_parts, filters):
    withdraw(redemption=factories.ask(account, session), actor="registration:1")
    moving_clock.advance(days=1)
    factories.ask(account, session)
    add_lot(account, 7)

    def told():
        table = statement_table(account, filters)
        return list(table.rows), b"".join(csv_chunks(statement_table(account, filters)))

    whole = told()
    in_parts()
    assert told() == whole


@pytest.mark.parametrize("path", [("usage", "pdf"), ("theft", "csv")])
def test_a_file_that_is_none_is_not_found(get, path):
    assert get("download", *path).status_code == 404


def test_filters_that_cannot_be_lead_back_to_the_page(get, account):
    response = get("download", "usage", "csv", since="soon")
    page = reverse("reports:usage", args=[account.public_id])
    assert response.headers["Location"] == f"{page}?since=soon"


def test_a_large_file_is_offered_not_sent(get, few):
    response = get("download", "statement", "csv")
    page = get("large", "statement", "csv").content.decode()
    assert (response.status_code, "Make the file" in page, ExportJob.objects.count()) == (
        302,
        True,
        0,
    )


def test_a_worker_makes_the_file_and_mails_its_link(ask, get, account):
    ask()
    tasks.make_exports()
    mail = mails_to(account.owner.email)[-1]
    assert_good_mail(mail)
    [link] = [link for link in links_in(mail) if "/files/" in link]
    file_id = link.rstrip("/").rpartition("/")[2]
    response = get("file", file_id)
    assert (response["Content-Disposition"].endswith('.csv"'), len(rows_of(response))) == (True, 3)


def test_a_worker_makes_spreadsheets_too(ask, get):
    job = ask("xlsx")
    tasks.make_exports()
    book = openpyxl.load_workbook(io.BytesIO(body(get("file", job.file_id))))
    assert book.worksheets[0].max_row == 3


def test_a_large_file_comes_in_parts_and_whole(ask, get, monkeypatch):
    monkeypatch.setattr(services, "PART_SIZE", 10)
    job = ask("xlsx")
    tasks.make_exports()
    response = get("file", job.file_id)
    sent = body(response)
    assert (job.parts.count() > 1, len(sent)) == (True, int(response["Content-Length"]))


def test_only_who_asked_can_open_it(ask, get, account):
    factories.make_delegate(account, "dana@example.com")
    job = ask()
    tasks.make_exports()
    dana = UserFactory(email="dana@example.com")
    assert get("file", job.file_id, user=dana).status_code == 404


def test_a_removed_delegate_cannot_open_their_file(ask, get, account):
    delegate = factories.make_delegate(account, "dana@example.com")
    dana = UserFactory(email="dana@example.com")
    job = ask(user=dana)
    tasks.make_exports()
    remove_delegate(delegate=delegate, actor=account.owner)
    assert get("file", job.file_id, user=dana).status_code == 404


def test_it_can_be_opened_for_seven_days(ask, get, moving_clock):
    job = ask()
    tasks.make_exports()
    moving_clock.advance(days=6, hours=23)
    before = get("file", job.file_id).status_code
    moving_clock.advance(hours=1)
    assert (before, get("file", job.file_id).status_code) == (200, 404)


def test_old_files_are_deleted(ask, moving_clock):
    ask()
    tasks.make_exports()
    moving_clock.advance(days=7)
    tasks.forget_exports()
    assert (ExportJob.objects.count(), ExportPart.objects.count()) == (0, 0)


def test_the_page_shows_how_far_it_is(ask, get):
    job = ask()
    ExportJob.objects.filter(pk=job.pk).update(rows_expected=200, rows_written=50)
    assert '<progress max="100" value="25"' in get("files").content.decode()


def test_progress_shows_while_the_file_is_made(ask, account, in_parts, monkeypatch):
    """Nobody else sees what a transaction has written before it ends."""
    job = services._claimed(ask())
    in_parts()
    add_lot(account, 7)
    monkeypatch.setattr(services, "NOTE_EVERY", 1)
    seen = []
    monkeypatch.setattr(
        services, "_update", lambda *_args, **_values: seen.append(len(connection.savepoint_ids))
    )
    depth = len(connection.savepoint_ids)
    services._write(job)
    assert set(seen) == {depth}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_rows_that_were_written_are_noted(ask, ending):
    job = ask(ending)
    tasks.make_exports()
    job.refresh_from_db()
    assert (job.rows_written, job.rows_expected) == (2, 2)


def test_a_file_that_is_not_ready_leads_to_the_progress(ask, get):
    assert get("file", ask().file_id).status_code == 302


def test_asked_for_twice_it_is_made_once(ask):
    assert ask() == ask()


def test_a_person_waits_for_three_files_at_most(ask, client, account):
    job = ask()
    for number in range(2):
        ExportJob.objects.create(
            account=account, user=account.owner, report="usage", ending="csv", filename=str(number)
        )
    ask("xlsx")
    assert (ExportJob.objects.count(), ExportJob.objects.earliest("pk")) == (3, job)


def test_a_dead_workers_file_is_made_by_another(ask, moving_clock):
    job = services._claimed(ask())
    tasks.make_exports()
    meanwhile = ExportJob.objects.get(pk=job.pk).is_done
    moving_clock.advance(seconds=50)
    tasks.make_exports()
    assert (meanwhile, ExportJob.objects.get(pk=job.pk).is_done) == (False, True)


def test_who_lost_the_file_to_another_worker_writes_no_more(ask, moving_clock):
    job = services._claimed(ask())
    moving_clock.advance(seconds=50)
    services._claimed(ExportJob.objects.get(pk=job.pk))
    with pytest.raises(services.ExportTaken):
        services._update(job, rows_written=1)


def test_after_three_failures_it_is_given_up(ask, monkeypatch, moving_clock):
    job = ask()
    monkeypatch.setitem(services.PIECES, "csv", lambda table, progress: 1 / 0)
    for _attempt in range(4):
        tasks.make_exports()
        moving_clock.advance(minutes=2)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (ExportJob.State.FAILED, 3)


def test_the_mail_waits_for_the_file(ask, account):
    ask()
    assert [mail for mail in mails_to(account.owner.email) if "report" in mail.subject] == []


@pytest.mark.parametrize("file_id", ["0" * 32, "%00", "..", "x" * 500])
def test_an_unknown_file_is_not_found(client, account, file_id):
    client.force_login(account.owner)
    path = reverse("reports:files", args=[account.public_id])
    assert client.get(f"{path}{file_id}/").status_code in {400, 404}


def test_the_link_of_the_mail_is_of_no_use_after_the_file(ask, account):
    job = ask()
    assert job.kept_until - job.asked_at == timedelta(days=7)
