"""A change made behind the ledger's back, with the guards down, is found."""

from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection

from accounts import ledger
from accounts.ledger import guards
from accounts.ledger.models import CreditLot, LedgerEntry, Posting
from tests.accounts.ledger.conftest import LATER


@pytest.fixture
def history(account, lots, told, moving_clock):
    """Every kind of entry once or more; 11 entries, the last one the sweep's."""
    spent = ledger.redeem(account=account, credits=120, fits=None, **told())
    held = ledger.hold(account=account, credits=10, fits=LATER, **told())
    ledger.capture(hold=held, **told())
    freed = ledger.hold(account=account, credits=10, fits=LATER, **told())
    ledger.release(hold=freed, **told())
    ledger.restore(entry=spent, credits=30, **told())
    ledger.withdraw(lot=lots[2], credits=5, **told())
    ledger.hold(account=account, credits=7, fits=LATER, **told())
    moving_clock.set(2026, 3, 21, 12)
    ledger.expire(day=date(2026, 3, 21))
    return account


@contextmanager
def tampering():
    """Lift the guards and, as far as the engine lets us, the constraints."""
    with guards.lifted():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount > 0


def broken():
    """Return the invariants that are broken."""
    return {violation.invariant for violation in ledger.verify()}


def test_an_honest_ledger_breaks_nothing(history):
    assert ledger.verify() == []


ENTRY = "UPDATE accounts_ledgerentry SET {} WHERE number = 4"
FACTS = [
    "kind = 'hold'", "key = 'other'", "fingerprint = 'f'", "credits = 121", "actor = 'user:9'",
    "reason = 'better'", "fits = '2026-03-12'", "reverses_id = id", "hash = 'h'",
    "effective_at = '2026-03-10 12:00:00.000001'", "created_at = '2026-03-10 12:00:01'",
    "previous_hash = ''", "number = 100",
]  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
def test_a_changed_fact_of_an_entry_is_found(history, fact):
    with tampering():
        run(ENTRY.format(fact))
    assert "I5" in broken()


TERMS = ["unit_price = 0.5", "last_day = '2027-01-01'", "purchased_on = '2026-01-01'"]


@pytest.mark.parametrize("term", TERMS)
def test_changed_terms_of_a_lot_are_found(history, term):
    with tampering():
        run(f"UPDATE accounts_creditlot SET {term} WHERE last_day = '2026-09-01'")
    assert "I5" in broken()


@pytest.mark.parametrize("change", ["credits = credits + 1", "target = 'withdrawn'"])
def test_a_changed_posting_is_found(history, change):
    with tampering():
        run(f"UPDATE accounts_posting SET {change} WHERE source = 'available'")
    assert {"I3", "I4", "I5"} <= broken()


def test_a_posting_moved_to_another_lot_is_found(history, lots):
    with tampering():
        run(
            f"UPDATE accounts_posting SET lot_id = {lots[2].pk}"
            f" WHERE target = 'held' AND lot_id = {lots[1].pk}"
        )
    assert {"I4", "I5", "I10"} <= broken()


def test_the_deletion_of_the_last_entry_is_found(history):
    last = LedgerEntry.objects.latest("number")
    with tampering():
        Posting.objects.filter(entry=last).delete()
        LedgerEntry.objects.filter(pk=last.pk).delete()
        run("UPDATE accounts_creditlot SET available = 10, expired = 0 WHERE expired > 0")
    assert broken() == {"I5"}


def test_the_deletion_of_an_entry_in_the_middle_is_found(history):
    with tampering():
        run("DELETE FROM accounts_posting WHERE source = 'redeemed'")
        run("DELETE FROM accounts_ledgerentry WHERE kind = 'restore'")
    assert "I5" in broken()


def test_an_entry_without_postings_is_found(history):
    with tampering():
        run("DELETE FROM accounts_posting WHERE source = 'redeemed'")
    assert "I3" in broken()


def test_a_head_set_back_is_found(history):
    before = LedgerEntry.objects.get(number=3)
    run(
        f"UPDATE accounts_creditaccount SET ledger_number = 3, ledger_hash = '{before.hash}'"
        " WHERE ledger_number > 0"
    )
    violation = ledger.verify()[0]
    assert (violation.table, violation.id) == ("accounts_creditaccount", history.pk)


def test_credits_moved_without_an_entry_are_found(history):
    run("UPDATE accounts_creditlot SET available = available - 1, redeemed = redeemed + 1"
        " WHERE available > 1")  # fmt: skip
    assert broken() == {"I4"}


def test_a_held_bucket_without_its_hold_is_found(history):
    run("UPDATE accounts_creditlot SET held = held - 1, available = available + 1"
        " WHERE held > 0")  # fmt: skip
    assert broken() == {"I4", "I10"}


def test_an_ended_hold_opened_again_is_found(history):
    with tampering():
        run("UPDATE accounts_ledgerentry SET ends_id = NULL WHERE kind = 'capture'")
    assert {"I5", "I10"} <= broken()


def test_a_blank_actor_is_found(history):
    with tampering():
        run("UPDATE accounts_ledgerentry SET actor = '' WHERE number = 1")
    assert "I6" in broken()


@pytest.mark.parametrize("moment", ["2026-03-21 03:59:59", "2026-03-21 04:00:00"])
def test_spending_after_the_last_day_is_found(history, moment):
    with tampering():
        run(f"UPDATE accounts_ledgerentry SET created_at = '{moment}' WHERE number = 4")
    assert ("I11" in broken()) == (moment == "2026-03-21 04:00:00")


def test_spending_for_a_class_after_the_last_day_is_found(history):
    with tampering():
        run("UPDATE accounts_ledgerentry SET fits = '2026-09-02' WHERE number = 4")
    assert "I11" in broken()


def test_credits_available_after_the_sweep_are_found(history, lots):
    with tampering():
        run("UPDATE accounts_creditlot SET available = 1, expired = expired - 1 WHERE expired > 0")
    assert "I11" in broken()


def test_drawing_in_the_wrong_order_is_found(account, lots, told, monkeypatch):
    monkeypatch.setattr(
        "accounts.ledger.store.DRAWABLE",
        "SELECT id AS lot_id, last_day, available FROM accounts_creditlot"
        " WHERE account_id = %s AND last_day > %s AND id < %s + 1000000000"
        " AND last_day > '2026-03-20'",
    )
    ledger.redeem(account=account, credits=10, fits=None, **told())
    assert broken() == {"I12"}


def test_passing_over_a_lot_that_does_not_fit_is_no_violation(account, lots, told):
    ledger.redeem(account=account, credits=10, fits=LATER, **told())
    ledger.redeem(account=account, credits=10, fits=None, **told())
    assert ledger.verify() == []


def test_a_lot_that_got_credits_back_later_was_not_passed_over(account, lots, told):
    first = ledger.redeem(account=account, credits=100, fits=None, **told())
    ledger.redeem(account=account, credits=10, fits=None, **told())
    ledger.restore(entry=first, credits=100, **told())
    ledger.redeem(account=account, credits=110, fits=None, **told())
    assert ledger.verify() == []


# PostgreSQL checks its constraints whatever we do.
@pytest.mark.sqlite
def test_a_bucket_below_zero_is_found(history):
    with tampering():
        run("UPDATE accounts_creditlot SET available = -1 WHERE last_day = '2027-03-09'")
    assert {"I1", "I2", "I4"} <= broken()


def test_a_missing_trigger_is_found(history):
    with guards.lifted():
        found = ledger.verify()
    assert len(found) == len(guards.triggers())


def test_every_row_is_named(history, lots):
    run(f"UPDATE accounts_creditlot SET available = available - 1, redeemed = redeemed + 1"
        f" WHERE id = {lots[2].pk}")  # fmt: skip
    (violation,) = ledger.verify()
    assert (violation.table, violation.id) == (CreditLot._meta.db_table, lots[2].pk)
