"""The nightly sweep books what expiry has decided before it."""

from datetime import UTC, date, datetime

import pytest

from accounts import ledger
from accounts.models import CreditAccount
from tests.accounts.ledger.conftest import LATER, SOON, TODAY
from tests.factories.accounts import CreditAccountFactory, make_lot

AFTER = date(2026, 3, 21)


@pytest.fixture
def next_day(moving_clock, lots):
    """Stand at noon of 21 March 2026: the first lot is past its last day."""
    moving_clock.set(2026, 3, 21, 12)
    return lots


def test_a_lot_past_its_last_day_is_booked(next_day):
    assert ledger.expire(day=AFTER) == 1
    next_day[0].refresh_from_db()
    assert (next_day[0].available, next_day[0].expired) == (0, 100)


def test_a_lot_on_its_last_day_is_left_alone(next_day):
    assert ledger.expire(day=SOON) == 0


def test_sweeping_twice_is_sweeping_once(next_day):
    ledger.expire(day=AFTER)
    assert ledger.expire(day=AFTER) == 0


def test_a_late_sweep_books_the_last_moment_of_the_last_day(next_day, account, moving_clock):
    moving_clock.set(2026, 4, 15)
    ledger.expire(day=date(2026, 4, 14))
    entry = account.entries.get(kind="expire")
    assert entry.effective_at == datetime(2026, 3, 21, 3, 59, 59, 999999, tzinfo=UTC)
    assert entry.created_at == moving_clock.moment


def test_the_entry_names_the_job_the_lot_and_the_reason(next_day, account):
    ledger.expire(day=AFTER)
    entry = account.entries.get(kind="expire")
    assert entry.key == f"expire:{next_day[0].pk}"
    assert (entry.actor, entry.credits) == ("job:expire", 100)
    assert entry.reason


def test_held_credits_are_left_alone(lots, account, told, moving_clock):
    ledger.hold(account=account, credits=60, fits=None, **told())
    moving_clock.set(2026, 3, 21, 12)
    ledger.expire(day=AFTER)
    lots[0].refresh_from_db()
    assert (lots[0].available, lots[0].held, lots[0].expired) == (0, 60, 40)


def test_an_empty_lot_gets_no_entry(lots, account, told, moving_clock):
    ledger.redeem(account=account, credits=100, fits=None, **told())
    moving_clock.set(2026, 3, 21, 12)
    assert ledger.expire(day=AFTER) == 0


def test_a_frozen_account_is_swept_too(next_day, account):
    CreditAccount.objects.filter(pk=account.pk).update(status="frozen")
    assert ledger.expire(day=AFTER) == 1


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 6, 1000])
def test_every_lot_is_booked_once_whatever_the_batch(account, moving_clock, batch):
    others = [CreditAccountFactory() for _number in range(2)]
    for number in range(6):
        make_lot([account, *others][number % 3], 10 + number, SOON)
    make_lot(account, 5, LATER)
    moving_clock.set(2026, 3, 21, 12)
    assert ledger.expire(day=AFTER, batch=batch) == 6
    assert ledger.balance(account=account).expired == 10 + 13
    assert ledger.verify() == []


def test_a_batch_takes_the_same_queries_with_1_and_with_30_lots(
    account, moving_clock, django_assert_num_queries
):
    make_lot(account, 5, SOON)
    for _number in range(30):
        make_lot(credits=5, last_day=LATER)
    moving_clock.set(2026, 3, 21, 12)
    with django_assert_num_queries(7):
        ledger.expire(day=AFTER)
    moving_clock.set(2026, 9, 2, 12)
    with django_assert_num_queries(7):
        ledger.expire(day=date(2026, 9, 2))


def test_a_lot_spent_meanwhile_is_not_booked(next_day, account, told, monkeypatch):
    due = [(account.pk, next_day[0].pk), (account.pk, next_day[1].pk)]
    monkeypatch.setattr("accounts.ledger.sweep._due", lambda day, batch: iter([due]))
    assert ledger.expire(day=AFTER) == 1
    next_day[1].refresh_from_db()
    assert next_day[1].available == 200


def test_a_lot_read_again_on_its_last_day_is_not_booked(next_day, account, monkeypatch):
    due = [(account.pk, next_day[0].pk)]
    monkeypatch.setattr("accounts.ledger.sweep._due", lambda day, batch: iter([due]))
    assert ledger.expire(day=SOON) == 0


@pytest.mark.parametrize("day", [date(2026, 3, 11), None, "2026-03-01", datetime(2026, 3, 1)])  # noqa: DTZ001
def test_a_day_after_today_or_no_day_is_refused(account, day):
    with pytest.raises(ledger.InvalidRequest):
        ledger.expire(day=day)


@pytest.mark.parametrize("batch", [0, -1, True, 1.5, None])
def test_a_batch_must_be_a_positive_whole_number(account, batch):
    with pytest.raises(ledger.InvalidRequest):
        ledger.expire(day=TODAY, batch=batch)


@pytest.mark.parametrize(
    ("last_day", "end"),
    [
        (date(2026, 3, 7), datetime(2026, 3, 8, 4, 59, 59, 999999, tzinfo=UTC)),
        (date(2026, 3, 8), datetime(2026, 3, 9, 3, 59, 59, 999999, tzinfo=UTC)),  # clocks go on
        (date(2026, 11, 1), datetime(2026, 11, 2, 4, 59, 59, 999999, tzinfo=UTC)),  # and back
        (date(2028, 2, 29), datetime(2028, 3, 1, 4, 59, 59, 999999, tzinfo=UTC)),
    ],
    ids=str,
)
def test_a_day_ends_where_the_programmes_zone_says(account, moving_clock, last_day, end):
    lot = make_lot(account, 5, last_day, purchased_on=date(2026, 3, 1))
    moving_clock.moment = end
    assert ledger.balance(account=account).available == 5
    moving_clock.advance(microseconds=1)
    assert ledger.balance(account=account).available == 0
    ledger.expire(day=ledger.sweep.clock.today())
    assert lot.postings.get(target="expired").entry.effective_at == end
