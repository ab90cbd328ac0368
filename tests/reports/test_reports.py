"""The reports' pages: their figures, filters and refusals."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.ledger import balance
from redemption.models import Registration
from redemption.services import cancel
from reports import charts, usage
from reports.periods import Period
from tests.factories import approvals as factories
from tests.factories.redemption import TrainingSessionFactory, add_lot, funded_account, register

REPORTS = ["months", "statement", "usage", "balance", "expiry"]
FILTERED = ["months", "statement", "usage", "balance"]


@pytest.fixture
def used(db, moving_clock):
    """An account of which two places are paid, at 600 credits each."""
    account = funded_account(5_000)
    register(
        account,
        session=factories.make_session(),
        names=("ann", "ben"),
        cost_centre="CC-7",
    )
    return account


@pytest.fixture
def show(client):
    def get(account, name, status=200, **query):
        client.force_login(account.owner)
        response = client.get(reverse(f"reports:{name}", args=[account.public_id]), query)
        assert response.status_code == status
        return " ".join(response.content.decode().split())

    return get


def lines_by(account, by, **filters):
    found = usage.usage(account, by, usage.Filters(**filters))
    return [(line.name, line.credits) for line in found.lines]


def test_usage_by_person_names_the_participants(used):
    assert lines_by(used, usage.PEOPLE) == [("Ann", 600), ("Ben", 600)]


def test_usage_by_training(used):
    assert lines_by(used, usage.TRAININGS) == [("Field Surveying", 1_200)]


def test_usage_by_month(used):
    assert lines_by(used, usage.MONTHS) == [("March 2026", 1_200)]


def test_usage_by_cost_centre(used):
    register(used, session=TrainingSessionFactory(), names=("cid",))
    expected = [("CC-7", 1_200), ("No cost centre", 100)]
    assert lines_by(used, usage.COST_CENTRES) == expected


def test_a_cancelled_place_is_counted_and_uses_nothing(used):
    place = Registration.objects.get(name="Ben")
    cancel(redemption=place.redemption, places=[place], actor="registration:1")
    total = usage.usage(used, usage.PEOPLE, usage.Filters()).total
    assert (total.places, total.cancelled, total.credits, total.value) == (2, 1, 600, 600)


def test_attended_missed_and_booked_places_are_told_apart(used):
    Registration.objects.filter(name="Ann").update(status="attended")
    total = usage.usage(used, usage.PEOPLE, usage.Filters()).total
    assert (total.attended, total.missed, total.booked) == (1, 0, 1)


def test_usage_at_two_prices_is_shared_by_the_places_to_the_cent(db, moving_clock):
    account = funded_account(0)
    add_lot(account, 101, days=100, unit_price="0.3333")
    add_lot(account, 500, days=200, unit_price="1.00")
    register(account, session=TrainingSessionFactory(), names=("ann", "ben", "cid"))
    found = usage.usage(account, usage.PEOPLE, usage.Filters())
    assert sum(line.value for line in found.lines) == found.total.value == Decimal("232.6633")


@pytest.mark.parametrize(
    ("filters", "credits"),
    [
        ({"person": "ANN"}, 600),
        ({"person": "ann@example"}, 600),
        ({"person": "%"}, 0),
        ({"cost_centre": "CC-7"}, 1_200),
        ({"period": Period(date(2026, 3, 11), None)}, 0),
        ({"period": Period(None, date(2026, 3, 10))}, 1_200),
    ],
)
def test_usage_can_be_narrowed(used, filters, credits):
    assert usage.usage(used, usage.PEOPLE, usage.Filters(**filters)).total.credits == credits


def test_the_total_covers_the_lines_of_other_pages(used):
    found = usage.usage(used, usage.PEOPLE, usage.Filters(), limit=1, offset=1)
    assert ([line.name for line in found.lines], found.total.credits, found.count) == (
        ["Ben"],
        1_200,
        2,
    )


@pytest.mark.parametrize("text", ["field surv", "ben@example.com", "CC-7", "R-", "Ann"])
def test_the_statement_finds_what_a_booking_is_about(used, show, text):
    page = show(used, "statement", text=text)
    assert ("Field Surveying" in page, "bought for a test" in page) == (True, False)


def test_the_statement_says_when_nothing_matches(used, show):
    assert "No booking matches" in show(used, "statement", text="nobody")


def test_a_narrowed_statement_keeps_the_balance_of_the_whole(used, show):
    add_lot(used, 50)
    page = show(used, "statement", kind="redeem")
    assert ">3,800<" in page


@pytest.mark.parametrize("name", FILTERED)
@pytest.mark.parametrize(
    "query",
    [{"since": "soon"}, {"since": "0001-01-01"}, {"until": "9999-12-31"}, {"day": "2026-02-30"}],
)
def test_a_day_that_is_none_is_refused_at_its_field(used, show, client, name, query):
    known = {"day"} if name == "balance" else {"since", "until"}
    status = 400 if known & query.keys() else 200
    page = show(used, name, status=status, **query)
    assert ("Enter a date from 2000 to 2100" in page) == (status == 400)


def test_a_period_that_ends_before_it_begins_is_refused(used, show):
    page = show(used, "usage", status=400, since="2026-03-02", until="2026-03-01")
    assert "Enter a day on or after the first one." in page


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("statement", {"text": "\x00"}),
        ("statement", {"kind": "theft"}),
        ("usage", {"person": "\x00"}),
        ("usage", {"by": "planet"}),
        ("usage", {"training": "0x1"}),
        ("usage", {"training": "999999999999999999999"}),
        ("usage", {"cost_centre": "other"}),
    ],
)
def test_a_filter_that_cannot_be_is_refused(used, show, name, query):
    show(used, name, status=400, **query)


@pytest.mark.parametrize("name", ["statement", "usage", "balance", "expiry"])
@pytest.mark.parametrize("page", ["0", "-1", "1e9", "99", "x"])
def test_a_page_that_is_not_there_is_not_found(used, show, name, page):
    show(used, name, status=404, page=page)


def test_the_balance_page_adds_up(used, show):
    page = show(used, "balance")
    now = balance(account=used)
    assert (now.available, ">3,800<" in page, "less redeemed" in page) == (3_800, True, True)


def test_the_balance_of_a_day_to_come_says_what_it_supposes(used, show):
    page = show(used, "balance", day="2027-03-11")
    assert ("still to come" in page, "No credits are left on this day." in page) == (True, True)


@pytest.mark.parametrize("name", REPORTS)
def test_an_empty_account_is_explained(db, moving_clock, show, name):
    account = funded_account(0)
    assert ("<svg" in show(account, name)) is False


@pytest.mark.parametrize("name", REPORTS)
def test_an_account_of_one_purchase_has_its_report(db, moving_clock, show, name):
    show(funded_account(10), name)


@pytest.mark.parametrize("name", ["months", "usage", "expiry"])
def test_a_chart_is_named_described_and_without_script_or_style(used, show, name):
    chart = show(used, name).partition("<figure")[2].partition("</figure>")[0]
    found = [text in chart for text in ('role="img"', "<title", "<desc", "style=", "<script")]
    assert found == [True, True, True, False, False]


@pytest.mark.parametrize("name", REPORTS)
def test_more_rows_cost_no_more_queries(client, used, name, django_assert_max_num_queries):
    client.force_login(used.owner)
    address = reverse(f"reports:{name}", args=[used.public_id])
    with django_assert_max_num_queries(14) as few:
        client.get(address)
    for number in range(3):
        add_lot(used, 600, days=100 + number)
        register(used, session=TrainingSessionFactory(), names=(f"p{number}", f"q{number}"))
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_the_bars_leave_room_for_the_figures_of_the_scale():
    months = [(date(2026, 1, 1), 900), (date(2026, 2, 1), 18_000)]
    chart = charts.usage_chart(months)
    widest = max(len(tick.label) for tick in chart.levels)
    assert float(chart.bars[0].x.rstrip("%")) >= charts.DIGIT * widest


@pytest.mark.parametrize("name", REPORTS)
def test_a_printed_report_names_its_account_and_day(used, show, name):
    assert f"· {used.name} · 10 March 2026" in show(used, name)


def test_the_statement_names_its_span(used, show):
    page = show(used, "statement", since="2026-03-01", until="2026-03-31", text="Ann")
    assert "<caption>1 March 2026 to 31 March 2026 · Ann</caption>" in page
