"""The books in the administration: who reads them, what they show, and the same as files."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from credits_portal.lib import clock
from reports.books.pages import REPORTS
from tests.factories.accounts import UserFactory
from tests.factories.redemption import TrainingSessionFactory, add_lot, funded_account, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)


@pytest.fixture
def finance(client):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client.force_login(user)
    return user


def customer(name):
    """Return an account with a lot that ends soon and a class paid of another price."""
    account = funded_account(0, name=name)
    add_lot(account, 300, days=40, unit_price="0.80")
    add_lot(account, 1_000, days=300, unit_price="1.00")
    register(account, session=TrainingSessionFactory())
    return account


def rows_of(client, report, **asked):
    answer = client.get(report.url, {"format": "csv", **asked})
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def by_name(name):
    return next(report for report in REPORTS if report.name == name)


@EVERY_REPORT
def test_finance_reads_every_page(client, finance, report):
    customer("Acme")
    assert client.get(report.url).status_code == 200


@EVERY_REPORT
def test_staff_without_the_right_are_refused(client, report):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(report.url).status_code == 403


@EVERY_REPORT
def test_customers_are_sent_to_sign_in(client, report):
    client.force_login(UserFactory())
    assert client.get(report.url).status_code == 302


@EVERY_REPORT
def test_a_file_needs_the_right_too(client, report):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(report.url, {"format": "csv"}).status_code == 403


@EVERY_REPORT
def test_an_empty_portal_has_empty_books(client, finance, report):
    assert client.get(report.url).status_code == 200


@EVERY_REPORT
def test_a_page_makes_a_constant_number_of_queries(
    client, finance, report, django_assert_max_num_queries
):
    customer("First")
    client.get(report.url)
    with django_assert_max_num_queries(10) as few:
        client.get(report.url)
    for name in ("Second", "Third"):
        customer(name)
    with django_assert_max_num_queries(len(few)):
        client.get(report.url)


@EVERY_REPORT
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_page_comes_as_a_file(client, finance, report, kind):
    customer("Acme")
    answer = client.get(report.url, {"format": kind})
    assert answer["Content-Disposition"].endswith(f'.{kind}"')


def test_a_file_is_named_after_report_and_months(client, finance):
    asked = {"first": "2026-01", "last": "2026-03", "format": "csv"}
    answer = client.get(by_name("recognised").url, asked)
    name = 'attachment; filename="books-recognised-2026-01-2026-03.csv"'
    assert answer["Content-Disposition"] == name


def test_deferred_revenue_is_shown_in_its_parts(client, finance):
    customer("Acme")
    page = client.get(by_name("deferred").url)
    made_of = page.context["shown"].sections[0]
    assert [[cell.text for cell in row][1:] for row in [*made_of.rows, made_of.foot]] == [
        ["1,200", "$1,160.00"],
        ["100", "$80.00"],
        ["1,300", "$1,240.00"],
    ]


def test_deferred_revenue_names_the_account(client, finance):
    account = customer("Acme")
    (row,) = rows_of(client, by_name("deferred"))
    assert (row["Account"], row["Owner"], row["Deferred, USD"]) == (
        "Acme",
        account.owner.email,
        "1240.00",
    )


def test_an_account_leads_to_everything_about_it(client, finance):
    account = customer("Acme")
    url = reverse("admin:reports_accountoverview_change", args=[account.pk])
    assert f'<a href="{url}">Acme</a>' in client.get(by_name("deferred").url).content.decode()


def test_movements_of_a_month_are_in_one_row(client, finance):
    customer("Acme")
    (row,) = rows_of(client, by_name("movements"), first="2026-03", last="2026-03")
    assert list(row.values()) == [
        "2026-03-01", "1300", "1240.00", "0", "100", "80.00", "0", "0.00", "0", "0.00",
        "1200", "1160.00",
    ]  # fmt: skip


def test_totals_do_not_add_up_what_stood(client, finance):
    customer("Acme")
    credits = client.get(by_name("movements").url).context["shown"].sections[0]
    assert [cell.text for cell in credits.foot] == ["Total", "1,300", "0", "100", "0", "0", ""]


def test_outstanding_credits_are_shown_by_the_month_of_their_last_day(client, finance):
    customer("Acme")
    rows = [list(row.values()) for row in rows_of(client, by_name("ageing"))]
    assert rows == [["2026-04-01", "200", "160.00"], ["2027-01-01", "1000", "1000.00"]]


def test_only_accounts_about_to_lose_credits_are_listed(client, finance):
    customer("Acme")
    funded_account(500, name="Patient")
    rows = [list(row.values()) for row in rows_of(client, by_name("losing"), days="60")]
    assert [[row[0], *row[3:]] for row in rows] == [["Acme", "2026-04-19", "200", "160.00"]]


def test_a_lot_is_about_to_end_on_its_last_day_too(client, finance):
    add_lot(funded_account(0), 10, days=0)
    assert len(rows_of(client, by_name("losing"), days="14")) == 1


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("movements", {"first": "2026-13"}),
        ("movements", {"first": "2026-03", "last": "2026-02"}),
        ("movements", {"last": "2026-04"}),
        ("movements", {"first": "1990-01", "last": "2026-03"}),
        ("deferred", {"on": "2026-03-11"}),
        ("deferred", {"on": "yesterday"}),
        ("losing", {"days": "7"}),
    ],
)
def test_what_cannot_be_asked_is_explained_at_its_field(client, finance, name, asked):
    answer = client.get(by_name(name).url, asked)
    assert (answer.status_code, bool(answer.context["form"].errors)) == (400, True)


@pytest.mark.parametrize("page", ["0", "-1", "2", "1e9", "x"])
def test_a_page_that_is_not_there_is_not_found(client, finance, page):
    assert client.get(by_name("deferred").url, {"page": page}).status_code == 404


def test_nothing_about_the_books_can_be_changed(client, finance):
    rights = {right for right in finance.get_all_permissions() if "books" in right}
    assert rights == {"reports.view_books"}


def test_the_books_stand_in_the_index_of_the_administration(client, finance):
    index = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:reports_books_changelist") in index


def test_exact_prices_keep_their_fractions_in_files(client, finance):
    add_lot(funded_account(0), 10, days=30, unit_price="0.3333")
    (row,) = rows_of(client, by_name("ageing"), on=str(clock.today()))
    assert Decimal(row["Unredeemed, USD"]) == Decimal("3.333")


def test_a_day_before_the_first_sale_shows_nothing(client, finance):
    customer("Acme")
    before = clock.today() - timedelta(days=1)
    assert rows_of(client, by_name("deferred"), on=str(before)) == []
