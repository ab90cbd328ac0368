"""Orders and what they need, as the services make them."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import factory

from accounts.models import CreditAccount
from credits_portal.lib import clock
from purchasing.models import Order, PriceList, Refund
from purchasing.services import Billing, Purchase, place_order, settle
from tests.factories.accounts import CreditAccountFactory


def purchase(**fields):
    """Return a purchase of 18,000 credits by bank transfer from the US."""
    billing = {
        name: fields.pop(name)
        for name in ("country", "company", "address", "tax_id", "po_number", "payables_email")
        if name in fields
    }
    defaults = {"credits": 18_000, "method": Order.Method.TRANSFER}
    return Purchase(billing=Billing(**{"country": "US"} | billing), **defaults | fields)


class OrderFactory(factory.Factory):
    """A placed order of an account: `OrderFactory(credits=20_000, account=...)`."""

    class Meta:
        model = Order

    @classmethod
    def _create(cls, model_class, *, account: CreditAccount | None = None, key="", **fields):
        account = account or CreditAccountFactory()
        return place_order(
            buyer=account.owner,
            purchase=purchase(account=account, **fields),
            key=key or str(uuid.uuid4()),
        )


def pay(order, amount=None, *, external_id="", received_on=None, **told):
    """Book a bank transfer for `order`: all of it, received today, if nothing else is said."""
    return settle(
        order=order,
        provider=told.get("provider", "bank"),
        external_id=external_id or f"BANK-{uuid.uuid4()}",
        amount=order.total if amount is None else Decimal(amount),
        currency=told.get("currency", "USD"),
        received_on=received_on or clock.today(),
        actor=told.get("actor", "job:test"),
    )


class PaidOrderFactory(OrderFactory):
    """An order that is paid: its lot and its account's passkey are there."""

    @classmethod
    def _create(cls, model_class, *, received_on=None, **fields):
        order = super()._create(model_class, **fields)
        pay(order, received_on=received_on)
        order.refresh_from_db()
        return order


class RefundFactory(factory.django.DjangoModelFactory):
    """The row of a refund of 5,000 credits at $0.80; no credits are moved."""

    class Meta:
        model = Refund

    order = factory.SubFactory(PaidOrderFactory, credits=20_000)
    key = factory.LazyFunction(lambda: str(uuid.uuid4()))
    provider = "bank"
    origin = "portal"
    status = "done"
    credits = 5_000
    net = Decimal("4000.00")
    amount = Decimal("4000.00")
    currency = "USD"
    reason = "Asked for"
    actor = "job:test"
    paid_on = factory.LazyFunction(clock.today)


def ensure_prices():
    """Put the two tiers back that a transactional test's flush took away."""
    price_list, is_new = PriceList.objects.get_or_create(
        starts_at=datetime(2020, 1, 1, tzinfo=UTC), defaults={"name": "Volume discount"}
    )
    if is_new:
        price_list.tiers.create(minimum=1, unit_price=Decimal("1.00"))
        price_list.tiers.create(minimum=20_000, unit_price=Decimal("0.80"))
    return price_list


def paid_by_card(credits=20_000, **fields):
    """Return an order paid by card, and its payment."""
    order = OrderFactory(credits=credits, **fields)
    payment = pay(order, provider="stripe", external_id=f"pi_{uuid.uuid4().hex}")
    order.refresh_from_db()
    return order, payment
