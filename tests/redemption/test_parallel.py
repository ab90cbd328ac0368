"""Several at once: the last seat, the last credits, one key. PostgreSQL only: SQLite queues."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts import ledger
from redemption import exceptions
from redemption.models import Redemption
from redemption.services import confirm, withdraw
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
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait()
            return act()
        except (exceptions.RedemptionError, ledger.LedgerError) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


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
