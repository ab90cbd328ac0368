"""What happened at Stripe ends in one state, whenever its events come and however often.

A life of an order is drawn and lived on the tests' Stripe; each event is told one to three times,
some at once, the rest later, in any order. All must end where telling all in order ends.
"""

import os
import random

import pytest

from credits_portal.lib import clock
from purchasing.models import Payment, ProviderEvent
from purchasing.services import events
from purchasing.services.cards import open_card_page
from reports.verification import verify
from tests.factories.purchasing import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

LIVES = 25 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 3
TELLINGS = 3
PARTS = [100_000, 250_000, 1]  # cents, refunded in Stripe's own pages
ENDINGS = ["won", "lost", ""]


def acts(dice):
    """Draw what happens after the first payment, each an act on the fake and its payments."""
    drawn = [
        lambda fake, paid, part=part: fake.refund_in_dashboard(paid[0], part)
        for part in dice.sample(PARTS, dice.randrange(3))
    ]
    if dice.random() < 0.5:
        drawn.append(lambda fake, paid: paid.append(pay_again(fake)))
    if dice.random() < 0.5:
        ending = dice.choice(ENDINGS)
        drawn.append(lambda fake, paid: charge_back(fake, paid[0], ending))
    return drawn


def pay_again(fake):
    """Pay a second page, as if the portal had lost sight of the first."""
    first = fake.find("cs_test")[0]
    page = fake.create_session(copy_of(first))
    intent = fake.pay(page["id"])
    fake.refund_in_dashboard(intent)  # of the duplicate
    return intent


def copy_of(session):
    price = {"unit_amount": session["amount_total"], "currency": session["currency"]}
    return {
        "mode": "payment",
        "success_url": session["success_url"],
        "metadata": dict(session["metadata"]),
        "line_items": [{"quantity": "1", "price_data": price}],
    }


def charge_back(fake, intent, ending):
    dispute = fake.dispute(intent)
    if ending:
        fake.close_dispute(dispute["id"], status=ending)


def tell(told, times=1):
    for event in told * times:
        row = events.store_event(
            external_id=event["id"],
            kind=event["type"],
            object_id=event["data"]["object"]["id"],
            raw=event,
        )
        if times > 1:  # as if the first worker had died before it could say so
            begun = ProviderEvent.objects.filter(pk=row.pk)
            begun.update(applied_at=None, next_try_at=clock.now())
        events.apply_events()


def live(fake, seed, telling):
    """Live the life of `seed` and tell it; the first telling is in order and at the end."""
    life, dice = random.Random(seed), random.Random(f"{seed}-{telling}")
    order = OrderFactory(method="card")
    open_card_page(order=order, seen=order.total)
    begun = len(fake.events)
    paid = [fake.pay(order.card_sessions.get().external_id)]
    untold = fake.events[begun:]
    for act in acts(life):
        if telling:
            now = [event for event in untold if dice.random() < 0.3]
            untold = [event for event in untold if event not in now]
            dice.shuffle(now)
            tell(now)
        known = len(fake.events)
        act(fake, paid)
        untold += fake.events[known:]
    if telling:
        dice.shuffle(untold)
    for event in untold:
        tell([event], dice.randint(1, 3) if telling else 1)
    if telling:
        tell(fake.events[begun:], 2)
    return end_of(order)


def end_of(order):
    """Return everything that an order's life ends in."""
    order.refresh_from_db()
    lot, account = order.lot, order.account
    account.refresh_from_db()
    return {
        "order": order.status,
        "account": account.status,
        "lot": (lot.available, lot.withdrawn, lot.redeemed),
        "payments": sorted(Payment.objects.filter(order=order).values_list("amount", flat=True)),
        "refunds": sorted(order.refunds.values_list("amount", "credits", "status")),
        "disputes": sorted(order.disputes.values_list("status", "amount")),
        "waiting": ProviderEvent.objects.filter(applied_at=None).count(),
    }


@pytest.mark.parametrize("seed", range(LIVES))
def test_one_life_ends_in_one_state_however_it_is_told(stripe, seed):
    first = live(stripe, seed, 0)
    others = [live(stripe, seed, telling) for telling in range(1, TELLINGS + 1)]
    assert others == [first] * TELLINGS
    assert verify() == []
