"""Whatever order a payment's events come in, and however often: one final state (trust.md 2, 3).

Sets of facts are drawn, and each is told in several orders, each event one to three times: 1,000
orders in all where HYPOTHESIS_PROFILE is "ci". A failure names the seed that draws it again.
"""

import os
import threading

import pytest
from django.db import connection

from purchasing.services import payments, refunds
from purchasing.signals import order_paid
from reports import verification
from tests.purchasing.lives import World, draw, listener

ORDERS = 5
BLOCKS = 4
SETS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 5
SETS_IN_PARALLEL = SETS // 2
THREADS = 4


@pytest.fixture
def lives(monkeypatch, moving_clock):
    """The lives by the names of their accounts; no papers are drawn up in them."""
    by_name = {}
    listening = listener(by_name)
    order_paid.connect(listening)
    monkeypatch.setattr(payments, "issue_receipt", lambda _order: None)
    monkeypatch.setattr(payments.emails, "queue_payment_received", lambda *_args, **_told: None)
    monkeypatch.setattr(refunds, "issue_credit_note", lambda **_told: None)
    yield by_name
    order_paid.disconnect(listening)


def born(life, order_seed, lives):
    """Return an order that is going to live the life."""
    lives[f"{life.seed}-{order_seed}"] = life
    return World(life, order_seed)


def live(life, order_seed, lives):
    """Tell a life in one order; return how it ends."""
    world = born(life, order_seed, lives)
    for event in life.told(order_seed):
        world.tell(event)
    return world.state()


def live_in_parallel(life, order_seed, lives):
    """Tell a life by several workers at once; return how it ends."""
    world = born(life, order_seed, lives)
    events = life.told(order_seed)
    failures = []

    def work(number):
        try:
            for event in events[number::THREADS]:
                world.tell(event)
        except Exception as error:  # The test shows it: a thread cannot fail the test itself.
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [], f"life {life.seed}"
    return world.state()


def broken():
    """Return what breaks an invariant; no class stands behind these spends (I15)."""
    return [each for each in verification.verify() if each.invariant != "I15"]


@pytest.mark.django_db
@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_set_of_events_has_one_final_state_in_any_order(lives, block):
    for seed in range(block * SETS, (block + 1) * SETS):
        life = draw(seed)
        ends = [live(life, order_seed, lives) for order_seed in range(ORDERS)]
        different = [end for end in ends if end != ends[0]]
        assert not different, f"life {seed}: {ends[0]} or {different[0]}"
    assert broken() == []


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_set_of_events_told_by_several_workers_at_once_has_that_state_too(lives):
    for seed in range(SETS_IN_PARALLEL):
        life = draw(seed)
        end = live(life, "alone", lives)
        assert live_in_parallel(life, "parallel", lives) == end, f"life {seed}"
    assert broken() == []


def test_the_lives_hold_all_that_can_happen():
    told = [event for seed in range(60) for event in draw(seed).events]
    assert {event[0] for event in told} == {"pay", "refund", "ours", "dispute", "return"}
    assert {event[1] for event in told if event[0] == "pay"} == {"one", "two", "first", "rest"}
    assert "duplicate" in {event[1] for event in told if event[0] == "refund"}
    ends = {event[4] for event in told if event[0] == "dispute"}
    assert ends == {"open", "won", "lost"}
