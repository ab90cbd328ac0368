"""What the ledger's tests share."""

from datetime import date

import pytest

from tests.factories.accounts import CreditAccountFactory, UserFactory, make_lot

TODAY = date(2026, 3, 10)
SOON = date(2026, 3, 20)
LATER = date(2026, 9, 1)
LATEST = date(2027, 3, 9)


@pytest.fixture
def account(db, moving_clock):
    """An account on 10 March 2026."""
    return CreditAccountFactory()


@pytest.fixture
def lots(account):
    """100 credits until 20 March, 200 until 1 September and 300 until 9 March 2027."""
    latest = make_lot(account, 300, LATEST)
    soon = make_lot(account, 100, SOON)
    later = make_lot(account, 200, LATER)
    return soon, later, latest


@pytest.fixture
def told(account):
    """Return the arguments that every verb takes; the key is new each time."""
    numbers = iter(range(10_000))
    actor = UserFactory()
    return lambda **more: {"key": f"k{next(numbers)}", "actor": actor, "reason": "why"} | more
