"""Random lives of a payment: what happens is drawn once, the order in which it is told is not.

A set of facts (payments, refunds made outside, disputes, each with the states it goes through) is
told one to three times each, in any order, as events come in. `state` is what must be the same in
the end, whatever the order was.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from accounts import ledger
from accounts.models import CreditAccount, LedgerEntry, User
from credits_portal.lib import clock
from purchasing.models import Order
from purchasing.services import settle
from purchasing.services.disputes import record_dispute
from purchasing.services.recalls import lots_of
from purchasing.services.refunds import record_provider_refund, request_refund

CREDITS, PRICE, NET = 20_000, Decimal("0.80"), Decimal("16000.00")
AMOUNTS = {"one": NET, "two": NET, "first": Decimal("6000.00"), "rest": Decimal("10000.00")}
OPENED = datetime(2026, 3, 1, tzinfo=UTC)
TOLD = {"actor": "job:lives", "reason": "life"}


@dataclass(frozen=True)
class Life:
    """One set of facts, by its seed."""

    seed: int
    spent: int
    returned: int
    refunded_here: int
    events: tuple

    def told(self, order_seed):
        """Return the events as they come in: each one to three times, permuted."""
        dice = random.Random(f"{self.seed}:{order_seed}")
        events = [event for event in self.events for _time in range(dice.randint(1, 3))]
        dice.shuffle(events)
        return events


def draw(seed):
    """Draw a life: what is bought twice, used, given back, refunded in parts and disputed."""
    dice = random.Random(seed)
    if dice.random() < 0.2:
        return _draw_parts(seed, dice)
    payments = ["one", "two"] if dice.random() < 0.5 else ["one"]
    events = [("pay", name) for name in payments]
    for part in range(dice.choice([0, 1, 1, 2])):
        events += _refund(dice, f"part{part}", "one", Decimal(dice.randint(1, 900_000)) / 100)
    if len(payments) > 1 and dice.random() < 0.6:
        events += _refund(dice, "duplicate", dice.choice(payments), NET)
    for number in range(dice.choice([0, 1, 1, 1, 2])):
        events += _dispute(dice, f"dispute{number}", dice.choice(payments))
    spent = dice.choice([0, 0, dice.randint(1, CREDITS - 1), CREDITS])
    returned = dice.randint(1, spent) if spent and dice.random() < 0.6 else 0
    refunded_here = 0 if spent > CREDITS // 2 else dice.choice([0, 0, 0, 1_000])
    if returned:
        events.append(("return", returned))
    if refunded_here:
        ends = dice.choice([("done",), ("failed",), ("requested", "done"), ("done", "failed")])
        events += [("ours", status) for status in ends]
    return Life(seed, spent, returned, refunded_here, tuple(events))


def _draw_parts(seed, dice):
    """Draw a life that is paid in two parts; money of one may go back before the other comes."""
    events = [("pay", "first"), ("pay", "rest")]
    for part in range(dice.choice([1, 2])):
        amount = Decimal(dice.randint(1, 600_000)) / 100
        events += _refund(dice, f"part{part}", dice.choice(["first", "rest"]), amount)
    if dice.random() < 0.5:
        events += _dispute(dice, "dispute0", dice.choice(["first", "rest"]))
    return Life(seed, 0, 0, 0, tuple(events))


def _refund(dice, name, payment, amount):
    ends = dice.choice([("done",), ("requested", "done"), ("requested", "done", "failed")])
    made_on = date(2026, 3, dice.randint(1, 9))
    return [("refund", name, payment, amount, status, made_on) for status in ends]


def _dispute(dice, name, payment):
    ends = dice.choice([("open",), ("open", "won"), ("open", "lost"), ("open", "lost", "won")])
    opened_at = OPENED + timedelta(days=dice.randint(0, 8))
    amount = dice.choice([NET, Decimal("4000.00")])
    return [("dispute", name, payment, amount, status, opened_at) for status in ends]


class World:
    """One order that lives such a life; `tell` is what a worker does with an event."""

    def __init__(self, life, name):
        self.life = life
        self.name = f"{life.seed}-{name}"
        self.payments = {}
        owner = User.objects.create(email=f"{self.name}@example.com")
        self.order = _order(owner, self.name)
        if life.refunded_here:
            self._refund_here()

    def tell(self, event):
        """Apply one event; like Stripe's, it may name a payment that was not told of yet."""
        kind, *facts = event
        getattr(self, f"_{kind}")(*facts)

    def state(self):
        """Return what may not depend on the order in which the events came."""
        order = Order.objects.select_related("account", "lot").get(pk=self.order.pk)
        claims = [*order.refunds.select_related("shortfall")]
        claims += [*order.disputes.select_related("shortfall")]
        lots = lots_of(order).values_list("available", "redeemed", "expired", "withdrawn")
        return {
            "order": order.status,
            "account": (order.account.status, order.account.freezes.open().count()),
            "payments": order.payments.count(),
            "lots": list(lots),
            "claims": sorted(self._standing(each) for each in claims),
        }

    def _standing(self, claim):
        """Return a claim's name, its status, what it took, and what it still misses."""
        shortfall = getattr(claim, "shortfall", None)
        name = claim.external_id.removeprefix(f"{self.name}-")
        return name, claim.status, claim.credits, shortfall.missing if shortfall else 0

    def _payment(self, name):
        """Return the payment as a worker finds it: booked before, or now."""
        return self.payments.get(name) or self._pay(name)

    def _pay(self, name):
        self.payments[name] = settle(
            order=self.order,
            provider="stripe",
            external_id=f"{self.name}-{name}",
            amount=AMOUNTS[name],
            currency="USD",
            received_on=clock.today(),
            actor="job:lives",
        )
        return self.payments[name]

    def _refund(self, name, payment, amount, status, made_on):
        record_provider_refund(
            payment=self._payment(payment),
            external_id=f"{self.name}-{name}",
            amount=amount,
            currency="USD",
            status=status,
            made_on=made_on,
        )

    def _ours(self, status):
        payment = self._payment("one")
        ours = payment.refunds.get(key=self.name)
        record_provider_refund(
            payment=payment,
            external_id=f"{self.name}-ours",
            amount=ours.amount,
            currency="USD",
            status=status,
            made_on=clock.today(),
            key=ours.key,
        )

    def _dispute(self, name, payment, amount, status, opened_at):
        record_dispute(
            payment=self._payment(payment),
            external_id=f"{self.name}-{name}",
            amount=amount,
            currency="USD",
            status=status,
            opened_at=opened_at,
        )

    def _return(self, credits):
        self._payment("one")
        spent = LedgerEntry.objects.get(account=self.order.account_id, key="spend")
        ledger.restore(entry=spent, credits=credits, key="return", **TOLD)

    def _refund_here(self):
        payment = self._payment("one")
        order = Order.objects.get(pk=self.order.pk)
        request_refund(
            order=order,
            payment=payment,
            credits=self.life.refunded_here,
            key=self.name,
            **TOLD,
        )


def spend_at_once(lives, order, **_told):
    """Spend what the life spends as soon as its credits are there (listens to `order_paid`)."""
    life = lives.get(order.account.name)
    if life and life.spent:
        account = CreditAccount.objects.get(pk=order.account_id)
        ledger.redeem(account=account, credits=life.spent, fits=None, key="spend", **TOLD)


def listener(lives):
    """Return what to connect to `order_paid`; `lives` maps names of accounts to lives."""
    return partial(spend_at_once, lives)


def _order(owner, name):
    account = CreditAccount.objects.create(owner=owner, name=name)
    return Order.objects.create(
        number=name,
        key=name,
        account=account,
        buyer=owner,
        credits=CREDITS,
        unit_price=PRICE,
        net=NET,
        tax_rate=0,
        tax=0,
        total=NET,
        method=Order.Method.CARD,
        status=Order.Status.AWAITING,
        country="US",
    )
