"""People, credit accounts and lots. Lots come from the ledger, as in real use."""

from datetime import date
from decimal import Decimal
from itertools import count

import factory
from factory.django import DjangoModelFactory

from accounts import ledger, models
from accounts.models import CreditAccount, Delegate, User

_lot_numbers = count(1)


class UserFactory(DjangoModelFactory):
    """A person who signs in with the password `correct horse`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password("correct horse")


class CreditAccountFactory(DjangoModelFactory):
    """An open account of a new owner; approval is off."""

    class Meta:
        model = CreditAccount

    name = factory.Sequence(lambda n: f"Company {n}")
    owner = factory.SubFactory(UserFactory)


def make_lot(account=None, credits=1000, last_day=date(2027, 3, 10), **terms):
    """Issue a lot through the ledger; bought on 10 March 2026 at 1 USD unless told."""
    return ledger.issue(
        account=account or CreditAccountFactory(),
        credits=credits,
        unit_price=terms.pop("unit_price", Decimal(1)),
        purchased_on=terms.pop("purchased_on", min(date(2026, 3, 10), last_day)),
        last_day=last_day,
        key=terms.pop("key", f"lot:{next(_lot_numbers)}"),
        actor=terms.pop("actor", "job:test"),
        reason=terms.pop("reason", "bought"),
    )


class DelegateFactory(DjangoModelFactory):
    """Somebody invited to an account; `DelegateFactory(active=True)` has accepted."""

    class Meta:
        model = Delegate

    class Params:
        active = factory.Trait(
            status=Delegate.Status.ACCEPTED, accepted_at=factory.LazyFunction(models.now)
        )

    account = factory.SubFactory(CreditAccountFactory)
    email = factory.Sequence(lambda n: f"delegate{n}@example.com")
    name = factory.Sequence(lambda n: f"Delegate {n}")
