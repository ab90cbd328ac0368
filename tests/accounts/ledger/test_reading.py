"""What the balance counts, and where."""

from datetime import date

import pytest

from accounts import ledger
from accounts.ledger import Balance
from tests.accounts.ledger.conftest import LATER, SOON
from tests.factories.accounts import make_lot


def test_an_account_without_lots_has_nothing(account):
    assert ledger.balance(account=account) == Balance(0, 0, 0, 0, 0, 0)


def test_every_bucket_is_told(account, lots, told):
    ledger.redeem(account=account, credits=110, fits=None, **told())
    ledger.hold(account=account, credits=20, fits=None, **told())
    ledger.withdraw(lot=lots[2], credits=3, **told())
    balance = ledger.balance(account=account)
    assert balance == Balance(
        issued=600, available=467, held=20, redeemed=110, expired=0, withdrawn=3
    )


def test_what_is_past_its_last_day_counts_as_expired_before_the_sweep(account, lots, moving_clock):
    moving_clock.set(2026, 3, 21, 12)
    before = ledger.balance(account=account)
    assert (before.available, before.expired) == (500, 100)
    ledger.expire(day=date(2026, 3, 21))
    assert ledger.balance(account=account) == before


def test_a_lot_on_its_last_day_is_available(account, lots, moving_clock):
    moving_clock.set(2026, 3, 20, 12)
    assert ledger.balance(account=account).available == 600


def test_fits_limits_the_lots_in_every_field(account, lots, told):
    ledger.redeem(account=account, credits=110, fits=None, **told())
    balance = ledger.balance(account=account, fits=LATER)
    assert (balance.issued, balance.available, balance.redeemed) == (500, 490, 10)


def test_a_lot_fits_its_own_last_day(account, lots):
    assert ledger.balance(account=account, fits=SOON).issued == 600


def test_other_accounts_do_not_count(account, lots):
    make_lot(credits=50)
    assert ledger.balance(account=account).issued == 600


@pytest.mark.parametrize("fits", ["2026-03-20", 5])
def test_fits_must_be_a_date(account, fits):
    with pytest.raises(ledger.InvalidRequest):
        ledger.balance(account=account, fits=fits)


def test_it_takes_one_query(account, lots, django_assert_num_queries):
    with django_assert_num_queries(1):
        ledger.balance(account=account)
