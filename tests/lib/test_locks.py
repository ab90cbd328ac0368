"""Locks that others hold: waited for a little, and a deadlock tried again. PostgreSQL only."""

import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from accounts.models import CreditAccount, User
from credits_portal.lib.locks import ATTEMPTS, locked, transactional
from tests.factories.accounts import CreditAccountFactory
from tests.parallel import together

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held():
    """Return a function that locks an account's row from outside until the test is over."""
    given = connection.get_connection_params()
    names = {name: given[name] for name in ("dbname", "user", "password", "host", "port")
             if given.get(name)}  # fmt: skip
    with psycopg.connect(**names) as outside:

        def hold(account):
            outside.execute(
                "SELECT 1 FROM accounts_creditaccount WHERE id = %s FOR UPDATE", [account.pk]
            )

        yield hold
        outside.rollback()


@transactional
def take(first, second=None, gate=None):
    """Lock one row, then another."""
    locked(first)
    if gate:
        gate()
    return locked(second) if second else None


def test_a_row_held_by_somebody_is_given_up_within_five_seconds(held):
    account = CreditAccountFactory()
    held(account)
    started = time.monotonic()
    with pytest.raises(OperationalError) as refusal:
        take(account)
    assert refusal.value.__cause__.sqlstate == "55P03"
    assert time.monotonic() - started < 5


def test_a_page_that_meets_a_held_account_asks_to_try_again_soon(held):
    account = CreditAccountFactory()
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("ada@example.com", "x"))
    held(account)
    answer = client.post(f"/admin/accounts/creditaccount/{account.pk}/freeze/", {"reason": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_another_account_goes_on_meanwhile(held):
    account, other = CreditAccountFactory(), CreditAccountFactory()
    held(account)
    started = time.monotonic()
    take(other)
    assert time.monotonic() - started < 1


def test_a_deadlock_is_tried_again():
    one, two = CreditAccountFactory(), CreditAccountFactory()
    met = threading.Barrier(2)
    tries = []

    def gate():
        tries.append(1)
        if len(tries) <= 2:
            met.wait(timeout=5)

    results = together(
        lambda: take(one, two, gate), lambda: take(two, one, gate), refusals=(OperationalError,)
    )
    assert [type(result) for result in results] == [CreditAccount, CreditAccount]
    assert len(tries) == 3


def test_a_deadlock_is_tried_three_times_at_most():
    tries = []

    class Deadlock(psycopg.errors.DeadlockDetected):
        """What PostgreSQL ends one of two with."""

    @transactional
    def never():
        tries.append(1)
        raise OperationalError("deadlock detected") from Deadlock()

    with pytest.raises(OperationalError):
        never()
    assert len(tries) == ATTEMPTS
    connections.close_all()
