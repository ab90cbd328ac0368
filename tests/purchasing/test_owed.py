"""Tests of purchasing.owed: how many credits stand for money that went back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing.owed import Terms, shares


def terms(credits=20_000, price="0.80", net="16000", tax="0", free="0"):
    return Terms(
        credits=credits,
        unit_price=Decimal(price),
        net=Decimal(net),
        total=Decimal(net) + Decimal(tax),
        free=Decimal(free),
    )


def taken(what, *amounts):
    return shares(what, [Decimal(amount) for amount in amounts])


def test_a_refund_takes_its_amount_by_the_price_paid():
    assert taken(terms(), "4000") == [5_000]


@pytest.mark.parametrize(("amount", "credits"), [("0.80", 1), ("0.81", 2), ("1.60", 2)])
def test_a_part_of_a_credit_counts_as_one(amount, credits):
    assert taken(terms(), amount) == [credits]


def test_the_share_of_the_tax_takes_no_credits():
    assert taken(terms(tax="3040"), "4760") == [5_000]


def test_all_the_money_takes_all_credits_and_never_more():
    assert taken(terms(credits=3, price="0.3333", net="1.00"), "1.00") == [3]


def test_parts_are_rounded_up_together():
    assert taken(terms(), "0.50", "0.50", "0.50") == [1, 1, 0]


def test_money_beyond_the_total_goes_back_first():
    assert taken(terms(free="16000"), "16000", "4000") == [0, 5_000]


def test_more_than_was_paid_takes_no_more_than_there_was():
    assert taken(terms(), "16000", "16000") == [20_000, 0]


def test_credits_that_the_portal_refunded_are_not_taken_again():
    assert taken(terms(credits=15_000), "16000") == [15_000]


CENTS = st.integers(1, 2_000_000).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(CENTS, max_size=6), CENTS, st.randoms())
def test_the_sum_does_not_depend_on_the_order_of_the_parts(amounts, free, random):
    shuffled = random.sample(amounts, len(amounts))
    what = terms(free=free)
    assert sum(shares(what, amounts)) == sum(shares(what, shuffled))
