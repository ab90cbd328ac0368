from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits_portal.lib.fields import MAX_CREDITS
from purchasing.exceptions import NoPrice
from purchasing.models import PriceList, PriceTier
from purchasing.pricing import price, quote, tax_on

TIERS = [
    PriceTier(minimum=1, unit_price=Decimal("1.00")),
    PriceTier(minimum=20_000, unit_price=Decimal("0.80")),
]


@st.composite
def tier_lists(draw):
    minimums = draw(st.sets(st.integers(2, MAX_CREDITS), max_size=5))
    prices = st.decimals(Decimal("0.01"), 5, places=4)
    return [PriceTier(minimum=n, unit_price=draw(prices)) for n in [1, *sorted(minimums)]]


@pytest.mark.parametrize(
    ("credits", "net"),
    [
        (1, "1.00"),
        (3_500, "3500.00"),
        (15_999, "15999.00"),
        (16_000, "16000.00"),
        (18_000, "18000.00"),
        (19_999, "19999.00"),
        (20_000, "16000.00"),
        (30_000, "24000.00"),
    ],
)
def test_the_whole_order_costs_the_price_of_its_tier(credits, net):
    assert str(price(credits, TIERS).net) == net


@pytest.mark.parametrize("credits", [1, 3_500, 15_999, 20_000, 30_000, MAX_CREDITS])
def test_there_is_no_advice_where_no_larger_amount_costs_less(credits):
    assert price(credits, TIERS).advice is None


@pytest.mark.parametrize(
    ("credits", "saving", "more"),
    [(16_000, "0.00", 4_000), (18_000, "2000.00", 2_000), (19_999, "3999.00", 1)],
)
def test_the_advice_tells_the_exact_saving_and_the_credits_more(credits, saving, more):
    advice = price(credits, TIERS).advice
    assert (advice.credits, str(advice.net), str(advice.saving), advice.more) == (
        20_000,
        "16000.00",
        saving,
        more,
    )


def test_of_two_larger_tiers_at_the_same_total_the_larger_amount_is_advised():
    tiers = [
        PriceTier(minimum=1, unit_price=Decimal(1)),
        PriceTier(minimum=100, unit_price=Decimal("0.50")),
        PriceTier(minimum=200, unit_price=Decimal("0.25")),
    ]
    assert price(60, tiers).advice.credits == 200


def test_below_the_lowest_tier_there_is_no_price():
    with pytest.raises(NoPrice):
        price(5, [PriceTier(minimum=10, unit_price=Decimal(1))])


@given(st.integers(1, MAX_CREDITS), tier_lists())
def test_a_price_is_the_credits_at_the_last_tier_reached(credits, tiers):
    reached = [tier for tier in tiers if tier.minimum <= credits][-1]
    assert price(credits, tiers).unit_price == reached.unit_price


@given(st.integers(1, MAX_CREDITS), tier_lists())
def test_money_is_a_decimal_of_whole_cents(credits, tiers):
    net = price(credits, tiers).net
    assert type(net) is Decimal
    assert net.as_tuple().exponent == -2


@given(st.integers(1, MAX_CREDITS), tier_lists())
def test_advice_is_always_more_credits_for_no_more_money(credits, tiers):
    found = price(credits, tiers)
    if found.advice:
        assert found.advice.credits > credits
        assert found.advice.net <= found.net


@given(st.integers(1, MAX_CREDITS), tier_lists())
def test_no_larger_tier_is_cheaper_than_what_is_shown(credits, tiers):
    found = price(credits, tiers)
    shown = found.advice.net if found.advice else found.net
    larger = [price(tier.minimum, tiers).net for tier in tiers if tier.minimum > credits]
    assert all(shown <= net or (not found.advice and net > found.net) for net in larger)


@given(st.integers(1, MAX_CREDITS), tier_lists())
def test_advice_is_computed_from_its_own_tier(credits, tiers):
    advice = price(credits, tiers).advice
    if advice:
        assert price(advice.credits, tiers).net == advice.net


@pytest.mark.parametrize(
    ("net", "rate", "tax"),
    [("100.00", "0", "0.00"), ("16000.00", "19", "3040.00"), ("0.50", "5", "0.03")],
)
def test_tax_is_rounded_to_cents_half_up(net, rate, tax):
    assert str(tax_on(Decimal(net), Decimal(rate))) == tax


@pytest.mark.django_db
def test_the_programme_starts_with_two_tiers():
    tiers = [(tier.minimum, tier.unit_price) for tier in PriceList.objects.tiers_at()]
    assert tiers == [(1, Decimal("1.0000")), (20_000, Decimal("0.8000"))]


@pytest.mark.django_db
def test_a_new_price_list_counts_from_its_start():
    starts_at = datetime(2027, 1, 1, tzinfo=UTC)
    later = PriceList.objects.create(name="2027", starts_at=starts_at)
    later.tiers.create(minimum=1, unit_price=Decimal("1.10"))
    before = quote(100, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).net
    assert (before, quote(100, starts_at).net) == (Decimal("100.00"), Decimal("110.00"))


@pytest.mark.django_db
def test_without_a_price_list_nothing_is_for_sale():
    PriceList.objects.all().delete()
    with pytest.raises(NoPrice):
        quote(100)
