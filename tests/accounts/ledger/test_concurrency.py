"""Many processes at one account: no credit too many, none left over, no error but "too few"."""

import multiprocessing
import random
import sqlite3
import time
from collections import Counter
from datetime import date
from unittest import mock

import pytest
from django.db import connection, connections
from django.db.utils import load_backend

from accounts import ledger
from accounts.models import CreditAccount
from tests.factories.accounts import CreditAccountFactory, make_lot

FORK = multiprocessing.get_context("fork")
LAST_DAY = date(2099, 12, 31)


def drain(account_id, most, seed, results):
    """Redeem random amounts until not one credit is left; report what happened."""
    chance = random.Random(seed)
    account = CreditAccount.objects.get(pk=account_id)
    seen = Counter()
    while most:
        credits = chance.randint(1, most)
        try:
            ledger.redeem(
                account=account,
                credits=credits,
                fits=None,
                key=f"drain:{seed}:{seen.total()}",
                actor="job:drain",
                reason="drained",
            )
            seen["redeemed"] += credits
        except ledger.InsufficientCredits:
            most = credits - 1
            seen["insufficient"] += 1
        except Exception as error:
            seen[f"{type(error).__name__}: {error}"[:80]] += 1
            if seen.total() - seen["redeemed"] > 200:
                break
    results.put((seed, seen))
    connections.close_all()


def drain_together(processes, account, most, connect=None, settle=None):
    """Drain in so many processes at once; return what all of them saw."""
    results = FORK.Queue()

    def work(seed):
        if connect:
            connect()
        with settle() if settle else mock.MagicMock():
            drain(account.pk, most, seed, results)

    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    workers = [FORK.Process(target=work, args=(seed,), daemon=True) for seed in range(processes)]
    for worker in workers:
        worker.start()
    seen = Counter()
    for _worker in workers:
        seen += results.get(timeout=120)[1]
    for worker in workers:
        worker.join(10)
    return seen


def without_the_lock():
    """Read the account's row as ever, but lock nothing."""
    features = type(connection.features)
    return mock.patch.object(features, "has_select_for_update", False)


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_32_processes_empty_1000_lots_exactly():
    account = CreditAccountFactory()
    for _lot in range(1000):
        make_lot(account, 5, LAST_DAY)

    seen = drain_together(32, account, 60)

    assert set(seen) == {"redeemed", "insufficient"}
    assert seen["redeemed"] == 5000
    assert ledger.balance(account=account).available == 0
    assert ledger.verify() == []


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_the_same_drain_fails_without_the_lock():
    account = CreditAccountFactory()
    make_lot(account, 1000, LAST_DAY)

    seen = drain_together(16, account, 10, settle=without_the_lock)

    assert set(seen) - {"redeemed", "insufficient"}


@pytest.fixture
def sqlite_file(transactional_db, tmp_path):
    """Return a function that copies the test database to a file, and one to connect to it."""
    path = tmp_path / "ledger.sqlite3"

    def wrapper(**options):
        settings = connections.settings["default"] | {"NAME": str(path)}
        settings["OPTIONS"] = settings["OPTIONS"] | options
        return load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")

    def save():
        connection.ensure_connection()
        copy = sqlite3.connect(path)
        connection.connection.backup(copy)
        copy.close()

    return save, wrapper


def use(wrapper):
    connections["default"] = wrapper


@pytest.mark.sqlite
def test_8_processes_empty_an_account_in_a_sqlite_file(sqlite_file):
    save, wrapper = sqlite_file
    account = CreditAccountFactory()
    for _lot in range(20):
        make_lot(account, 60, LAST_DAY)
    save()

    start = time.monotonic()
    seen = drain_together(8, account, 6, connect=lambda: use(wrapper()))
    seconds = time.monotonic() - start

    memory, file = connections["default"], wrapper()
    try:
        use(file)
        assert seen["redeemed"] == 1200
        assert set(seen) == {"redeemed", "insufficient"}
        assert ledger.balance(account=account).available == 0
        assert ledger.verify() == []
        assert seconds < 10
    finally:
        file.close()
        use(memory)


@pytest.mark.sqlite
def test_the_same_drain_fails_in_a_deferred_transaction(sqlite_file):
    save, wrapper = sqlite_file
    account = CreditAccountFactory()
    make_lot(account, 1200, LAST_DAY)
    save()

    connect = lambda: use(wrapper(transaction_mode="DEFERRED"))  # noqa: E731
    seen = drain_together(8, account, 6, connect=connect)

    assert any("locked" in outcome for outcome in seen)
