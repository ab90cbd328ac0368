"""What will be lost at the present pace (docs/reports.md)."""

import pytest

from accounts import ledger
from accounts.models import CreditAccount
from reports.expiry import ladder
from tests.factories.accounts import UserFactory
from tests.factories.redemption import add_lot

pytestmark = pytest.mark.django_db

TOLD = {"actor": "job:test", "reason": "test"}


@pytest.fixture
def account(moving_clock):
    """An account that is 90 days old, so that its pace is known."""
    moving_clock.set(2025, 12, 10, 17)
    made = CreditAccount.objects.create(name="Northwind", owner=UserFactory())
    moving_clock.set(2026, 3, 10, 17)
    return made


def use(account, credits, key="use"):
    return ledger.redeem(account=account, credits=credits, fits=None, key=key, **TOLD)


def lost(account):
    return [rung.lost for rung in ladder(account).rungs]


def test_what_the_pace_does_not_use_until_the_last_day_is_lost(account):
    add_lot(account, 1_090, days=90)
    use(account, 90)
    assert lost(account) == [910]


def test_the_lot_that_ends_first_is_used_first(account):
    add_lot(account, 150, days=30)
    add_lot(account, 1_000, days=90)
    use(account, 90)
    assert lost(account) == [30, 940]


def test_credits_that_came_back_are_not_used(account):
    add_lot(account, 1_000, days=90)
    entry = use(account, 90)
    ledger.restore(entry=entry, credits=60, key="back", **TOLD)
    assert lost(account) == [940]


def test_an_account_that_uses_nothing_loses_all(account):
    add_lot(account, 1_000, days=90)
    assert lost(account) == [1_000]


def test_nothing_is_foretold_of_a_new_account_that_has_used_nothing(account, moving_clock):
    moving_clock.set(2025, 12, 20, 17)
    add_lot(account, 1_000, days=90)
    assert (ladder(account).pace.is_known, lost(account)) == (False, [0])


def test_a_new_account_that_has_used_credits_has_a_pace(account, moving_clock):
    moving_clock.set(2025, 12, 20, 17)
    add_lot(account, 1_030, days=90)
    use(account, 30)
    assert lost(account) == [910]
