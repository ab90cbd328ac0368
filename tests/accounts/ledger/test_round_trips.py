"""A verb's call takes at most 8 round trips, begin and commit included, however many lots."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import ledger
from accounts.ledger.signals import credits_returned
from tests.factories.accounts import CreditAccountFactory, make_lot

TOLD = {"actor": "job:test", "reason": "why"}


@pytest.fixture(params=[1, 3, 1000])
def account(request, transactional_db, moving_clock):
    """An account with so many lots of 4 credits, each call to draw on all of them."""
    account = CreditAccountFactory()
    for _lot in range(request.param):
        make_lot(account, 4)
    account.all_lots = request.param
    return account


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """What listeners ask is theirs: one question of purchasing when credits return."""
    monkeypatch.setattr(credits_returned, "receivers", [])


def trips(call):
    """Return how many statements the call sent."""
    with CaptureQueriesContext(connection) as captured:
        result = call()
    statements = [query["sql"] for query in captured]
    assert len(statements) <= 8, "\n".join(statement[:100] for statement in statements)
    return result


def test_redeem_and_restore(account):
    credits = 3 * account.all_lots
    call = {"account": account, "credits": credits, "fits": None, "key": "redeem", **TOLD}
    entry = trips(lambda: ledger.redeem(**call))
    trips(lambda: ledger.redeem(**call))
    trips(lambda: ledger.restore(entry=entry, credits=credits, key="restore", **TOLD))
    assert ledger.verify() == []


def test_hold_and_capture(account):
    call = {"account": account, "credits": 3 * account.all_lots, "fits": None, **TOLD}
    hold = trips(lambda: ledger.hold(key="hold", **call))
    trips(lambda: ledger.capture(hold=hold, key="capture", **TOLD))
    assert ledger.verify() == []


def test_hold_and_release(account):
    call = {"account": account, "credits": 3 * account.all_lots, "fits": None, **TOLD}
    hold = trips(lambda: ledger.hold(key="hold", **call))
    trips(lambda: ledger.release(hold=hold, key="release", **TOLD))
    assert ledger.verify() == []


def test_issue_and_withdraw(account):
    lot = trips(lambda: make_lot(account, 5))
    trips(lambda: ledger.withdraw(lot=lot, credits=5, key="withdraw", **TOLD))
