"""Several at once: the last seat, the last credits, one key. PostgreSQL only: SQLite queues."""

import uuid

import pytest

from accounts import ledger
from redemption import exceptions
from redemption.models import Redemption
from redemption.services import Person, checkout, confirm, withdraw
from tests import parallel
from tests.factories.redemption import (
    CourseFactory,
    TrainingSessionFactory,
    funded_account,
    register,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.servers,
]

AT_ONCE = 8


def together(*acts):
    """Run the acts at the same moment; return what each gave, or its refusal."""
    return parallel.together(*acts, refusals=(exceptions.RedemptionError, ledger.LedgerError))


def attempts(account, session, **fields):
    return [
        lambda n=n: register(account, session=session, names=[f"person{n}"], **fields)
        for n in range(AT_ONCE)
    ]


def outcomes(results):
    return sorted(type(result).__name__ for result in results)


def test_the_last_seat_is_sold_once():
    account, session = funded_account(), TrainingSessionFactory(seats=1)
    results = together(*attempts(account, session))
    assert outcomes(results) == ["Redemption"] + ["SessionFull"] * (AT_ONCE - 1)
    assert ledger.balance(account=account).redeemed == 100


def test_the_last_credits_are_spent_once():
    account, session = funded_account(300), TrainingSessionFactory()
    results = together(*attempts(account, session))
    assert outcomes(results) == ["Redemption"] * 3 + ["TooFewCredits"] * (AT_ONCE - 3)
    assert ledger.balance(account=account).available == 0
    assert ledger.verify() == []


def test_one_key_makes_one_registration():
    account, course, key = funded_account(), CourseFactory(), str(uuid.uuid4())
    acts = [lambda: register(account, training=course, key=key)] * AT_ONCE
    assert len({result.pk for result in together(*acts)}) == 1
    assert ledger.balance(account=account).redeemed == 100


def test_one_key_makes_one_registration_for_the_last_seat():
    account, session, key = funded_account(), TrainingSessionFactory(seats=1), str(uuid.uuid4())
    acts = [lambda: register(account, session=session, key=key)] * AT_ONCE
    assert len({result.pk for result in together(*acts)}) == 1


def test_one_person_is_registered_once():
    account, course = funded_account(), CourseFactory()
    acts = [lambda: register(account, training=course)] * AT_ONCE
    results = together(*acts)
    assert outcomes(results) == ["ParticipantTaken"] * (AT_ONCE - 1) + ["Redemption"]


def test_a_request_is_either_confirmed_or_taken_back():
    account = funded_account(requires_approval=True)
    redemption = register(account, session=TrainingSessionFactory())
    results = together(
        lambda: confirm(redemption=redemption, actor=account.owner),
        lambda: withdraw(redemption=redemption, actor="registration:1"),
    )
    assert outcomes(results) == ["NotPending", "Redemption"]
    assert Redemption.objects.get().status in {"confirmed", "withdrawn"}
    assert ledger.balance(account=account).held == 0
    assert ledger.verify() == []


def test_classes_of_two_accounts_share_the_last_seats():
    session = TrainingSessionFactory(seats=3)
    accounts = [funded_account(), funded_account()]
    acts = [
        lambda n=n: register(accounts[n % 2], session=session, names=[f"person{n}"])
        for n in range(AT_ONCE)
    ]
    results = together(*acts)
    assert outcomes(results).count("Redemption") == 3
    assert session.registrations.seated().count() == 3


def test_the_open_requests_of_an_address_are_counted_over_all_accounts(monkeypatch):
    monkeypatch.setattr(checkout, "OPEN_REQUESTS_PER_ADDRESS", 3)
    session = TrainingSessionFactory(seats=50)
    accounts = [funded_account(requires_approval=True) for n in range(AT_ONCE)]
    ann = Person("Ann", "ann@example.com")
    acts = [
        lambda n=n: register(
            accounts[n], session=session if n % 2 else None, names=[f"p{n}"], registrant=ann
        )
        for n in range(AT_ONCE)
    ]
    results = together(*acts)
    assert outcomes(results) == ["Redemption"] * 3 + ["TooManyRequests"] * (AT_ONCE - 3)
    assert Redemption.objects.pending().count() == 3
