"""The ledger against what was bought and what was taken."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from accounts import ledger
from purchasing.models import Order, Payment
from redemption.models import Registration
from reports import verification
from tests.factories.accounts import make_lot
from tests.factories.purchasing import PaidOrderFactory
from tests.factories.redemption import TrainingSessionFactory, funded_account, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(moving_clock):
    return PaidOrderFactory(credits=20_000)


@pytest.fixture
def taken(moving_clock):
    """A registration of two, paid by an account of its own."""
    return register(funded_account(), session=TrainingSessionFactory(), names=("ann", "ben"))


def broken():
    return [(each.invariant, each.table, each.id) for each in verification.verify()]


def test_an_honest_portal_breaks_nothing(order, taken):
    assert broken() == []


def test_a_lot_before_the_payments_reach_the_total_is_found(order):
    Payment.objects.update(amount=Decimal("15999.99"))
    assert broken() == [("I8", "purchasing_order", order.pk)]


def test_money_in_another_currency_does_not_count(order):
    Payment.objects.update(currency="EUR")
    assert broken() == [("I8", "purchasing_order", order.pk)]


def test_a_lot_that_is_not_what_was_ordered_is_found(order):
    Order.objects.update(credits=19_999)
    assert broken() == [("I8", "purchasing_order", order.pk)]


def test_a_second_lot_of_an_order_is_found(order):
    lot = make_lot(order.account, 20_000, key=f"order:{order.number}:again")
    entry = lot.postings.get().entry
    assert broken() == [("I8", "accounts_ledgerentry", entry.pk)]


def test_redeemed_credits_without_their_registration_are_found(taken):
    Registration.objects.filter(name="Ann").update(status="cancelled")
    assert broken() == [("I15", "accounts_creditaccount", taken.account_id)]


def test_a_registration_without_its_credits_is_found(taken):
    ledger.restore(entry=taken.entry, credits=1, key="back", actor="job:test", reason="test")
    assert broken() == [("I15", "accounts_creditaccount", taken.account_id)]


def test_the_command_says_that_all_is_well(taken, capsys):
    call_command("verify_ledger")
    assert capsys.readouterr().out == "The ledger holds.\n"


def test_the_command_exits_with_1_and_names_the_rows(taken, capsys):
    Registration.objects.filter(name="Ann").update(status="cancelled")
    with pytest.raises(SystemExit) as exit_:
        call_command("verify_ledger", "--json")
    (row,) = json.loads(capsys.readouterr().out)
    assert exit_.value.code == 1
    assert (row["invariant"], row["id"]) == ("I15", taken.account_id)
