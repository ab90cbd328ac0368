"""Whatever order a payment's events come in, and however often: one final state (trust.md 2, 3).

A thousand orders: `SETS` sets of facts, each told `ORDERS` times over, each event one to three
times. A failure names the seeds that draw it again.
"""

import threading

import pytest
from django.db import connection

from accounts import ledger
from purchasing.services import payments, refunds
from purchasing.signals import order_paid
from reports import verification

from .lives import World, draw, listener

ORDERS = 5
SETS = 5


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


def live(life, order_seed, lives):
    """Tell a life in one order; return how it ends."""
    lives[f"{life.seed}-{order_seed}"] = life
    world = World(life, order_seed)
    for event in life.told(order_seed):
        world.tell(event)
    return world.state() | {"claims": unnamed(world), "payments": len(world.state()["payments"])}


def unnamed(world):
    """Return the claims without the world's own name, so that two worlds compare."""
    claims = world.state()["claims"]
    return [(name.removeprefix(f"{world.name}-"), *rest) for name, *rest in claims]


def broken():
    """Return what breaks an invariant; no class stands behind these spends (I15)."""
    return [each for each in verification.verify() if each.invariant != "I15"]


@pytest.mark.django_db
def test_a_set_of_events_has_one_final_state_in_any_order(lives):
    for seed in range(SETS):
        life = draw(seed)
        ends = [live(life, order_seed, lives) for order_seed in range(ORDERS)]
        different = [end for end in ends if end != ends[0]]
        assert not different, f"life {seed}: {ends[0]} or {different[0]}"
    assert broken() == []
