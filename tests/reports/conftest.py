"""An account with a past: two lots, a class paid, one that waits, one declined."""

import pytest

from tests.factories import approvals as factories
from tests.factories.redemption import add_lot


@pytest.fixture
def account(db, moving_clock):
    account = factories.make_account(1_000)
    add_lot(account, 5_000, days=30)
    return account


@pytest.fixture
def owner(account):
    return account.owner


@pytest.fixture
def session(account):
    return factories.make_session(seats=5_000)
