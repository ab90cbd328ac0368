"""Trainings, sessions and registrations, as the services make them."""

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory

from accounts import ledger, passkeys
from accounts.models import User
from accounts.services import open_account
from credits_portal.lib import clock
from redemption.models import Training, TrainingSession
from redemption.services import Person, submit

numbers = itertools.count(1)


class TrainingFactory(factory.django.DjangoModelFactory):
    """A live training of 100 credits."""

    class Meta:
        model = Training

    slug = factory.Sequence(lambda n: f"training-{n}")
    title = factory.Sequence(lambda n: f"Training {n}")
    summary = "What you learn in it."
    kind = Training.Kind.LIVE
    credits = 100


class CourseFactory(TrainingFactory):
    """An on-demand training of 100 credits that takes 30 days."""

    kind = Training.Kind.ON_DEMAND
    access_link = "https://learn.example.com/course"


class TrainingSessionFactory(factory.django.DjangoModelFactory):
    """A class of eight hours that starts in 30 days, in Berlin, with ten seats."""

    class Meta:
        model = TrainingSession

    training = factory.SubFactory(TrainingFactory)
    starts_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=30))
    ends_at = factory.LazyAttribute(lambda session: session.starts_at + timedelta(hours=8))
    time_zone = "Europe/Berlin"
    seats = 10
    link = "https://meet.example.com/room"


def add_lot(account, credits=1_000, *, days=365, unit_price="1.00", last_day=None):
    """Give the account a lot bought today that lasts `days`."""
    last_day = last_day or clock.today() + timedelta(days=days)
    return ledger.issue(
        account=account,
        credits=credits,
        unit_price=Decimal(unit_price),
        purchased_on=min(clock.today(), last_day),
        last_day=last_day,
        key=f"test:{uuid.uuid4()}",
        actor="job:test",
        reason="bought for a test",
    )


def funded_account(credits=1_000, *, requires_approval=False, **fields):
    """Return an account with one lot of `credits` (none for 0), its owner and its passkey."""
    number = next(numbers)
    owner = User.objects.create_user(f"owner-{number}@example.com", name=f"Owner {number}")
    account = open_account(owner=owner, name=f"Team {number}")
    account.requires_approval = requires_approval
    for name, value in fields.items():
        setattr(account, name, value)
    account.save()
    if credits:
        add_lot(account, credits)
    passkeys.ensure(account=account)
    return account


def people(*names):
    """Return persons of these names: `people("ann")` is Ann at ann@example.com."""
    return [Person(name.capitalize(), f"{name}@example.com") for name in names]


def register(account, *, session=None, training=None, names=("ann",), **fields):
    """Send a registration for the named people, the first of them being the registrant."""
    participants = people(*names)
    terms = {
        "training": training or (session.training if session else CourseFactory()),
        "session": session,
        "passkey": account.passkeys.select_related("account").get(replaced_at=None),
        "registrant": participants[0],
        "participants": participants,
        "key": str(uuid.uuid4()),
    }
    return submit(**terms | fields)


def moment(*parts):
    """Return a UTC moment."""
    return datetime(*parts, tzinfo=UTC)


def day(*parts):
    """Return a date."""
    return date(*parts)
