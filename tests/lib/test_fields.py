"""What people type, and what no database should hold (rules.md 2, trust.md 3)."""

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from credits_portal.lib import fields
from credits_portal.lib.formats import money, number

ACCEPTED = "Enter a whole number of credits from 1 to 1,000,000, such as 20,000."
SCRIPTS = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"]


@pytest.mark.parametrize(
    "typed",
    [
        "18000",
        "18,000",
        " 18 000 ",
        "18\u202f000",
        "18'000",
        "١٨٠٠٠",
        "١٨٬٠٠٠",
        "१८,०००",
        "１８，０００",
    ],
)
def test_eighteen_thousand_is_read_however_it_is_typed(typed):
    assert fields.CreditsField().clean(typed) == 18_000


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "0", "-1", "1.5", "1,5", "18.000", "1e9", "NaN", "Infinity", "+5", "0x10",
        "½", "²", "1 2", "1,,000", ",000", "1000001", "9" * 5000, "ten", "1\x00", "None",
        "18,000 credits",
    ],
)  # fmt: skip
def test_any_other_amount_is_refused_with_what_is_accepted(typed):
    with pytest.raises(ValidationError) as refusal:
        fields.CreditsField().clean(typed)
    assert refusal.value.messages == [ACCEPTED]


@given(amount=st.integers(1, fields.MAX_CREDITS), digits=st.sampled_from(SCRIPTS))
def test_every_amount_is_read_as_it_is_shown(amount, digits):
    shown = number(amount).translate(dict(zip(map(ord, "0123456789"), digits, strict=True)))
    assert fields.CreditsField().clean(shown) == amount


@given(typed=st.text(max_size=60))
def test_whatever_is_typed_is_an_amount_or_a_form_error(typed):
    try:
        amount = fields.CreditsField().clean(typed)
    except ValidationError:
        return
    assert type(amount) is int
    assert 1 <= amount <= fields.MAX_CREDITS


def test_an_amount_may_be_left_out_where_the_form_allows_it():
    assert fields.CreditsField(required=False).clean(" ") is None


def test_a_field_may_have_a_smaller_largest_amount():
    with pytest.raises(ValidationError, match="from 1 to 50, such as 50"):
        fields.CreditsField(maximum=50).clean("51")


def test_an_amount_to_begin_with_is_shown_with_its_separators():
    class Order(forms.Form):
        amount = fields.CreditsField(initial=20_000)

    assert 'value="20,000"' in str(Order()["amount"])


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("$16,000.00", "16000.00"),
        (" 16000 ", "16000.00"),
        ("0.5", "0.50"),
        ("١٦٠٠٠٫٥٠", "16000.50"),
    ],
)
def test_money_is_read_as_a_decimal(typed, amount):
    assert fields.MoneyField().clean(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed", ["", "0", "0.00", "-5", "1.005", "1e3", "NaN", "Infinity", "9" * 5000, "1.2.3", "$"]
)
def test_any_other_sum_is_refused(typed):
    with pytest.raises(ValidationError):
        fields.MoneyField().clean(typed)


@given(cents=st.integers(1, 9_999_999_999))
def test_every_sum_is_read_as_it_is_shown(cents):
    amount = Decimal(cents) / 100
    assert fields.MoneyField().clean(money(amount)) == amount


@given(typed=st.text(max_size=60))
def test_whatever_is_typed_is_a_sum_or_a_form_error(typed):
    try:
        amount = fields.MoneyField().clean(typed)
    except ValidationError:
        return
    assert 0 < amount <= fields.MAX_MONEY
    assert amount == round(amount, 2)


@pytest.mark.parametrize("typed", ["a\x00b", "a\ud800b", "\udfff"])
@pytest.mark.parametrize("field", [fields.CleanCharField(), fields.EmailField()])
def test_text_that_no_database_takes_is_refused(field, typed):
    with pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    assert refusal.value.error_list[0].code == "unstorable"


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\u2028", "\x85", "\t", "\v"])
def test_a_line_break_in_a_single_line_becomes_a_space(breaks):
    assert fields.CleanCharField().clean(f"Dana{breaks}Bcc: all") == "Dana Bcc: all"


def test_a_text_of_lines_keeps_its_breaks_and_writes_them_one_way():
    assert fields.CleanCharField(lines=True).clean("one\r\ntwo\rthree\n") == "one\ntwo\nthree"


def test_marks_that_turn_a_name_around_are_dropped():
    assert fields.CleanCharField().clean("Dana\u202egnp.exe") == "Danagnp.exe"


@given(typed=st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=100))
def test_whatever_is_typed_is_a_storable_line_or_a_form_error(typed):
    try:
        text = fields.CleanCharField(required=False).clean(typed)
    except ValidationError:
        return
    assert text.encode().decode() == text
    assert not {"\x00", "\r", "\n", "\t"} & set(text)


def test_an_address_is_kept_in_lower_case():
    assert fields.EmailField().clean(" Dana@Example.COM ") == "dana@example.com"


@pytest.mark.parametrize("typed", ["dana", "dana@", "a@b.c\r\nBcc: x@y.z", "dana@exa mple.com"])
def test_what_is_no_address_is_refused_with_an_example(typed):
    with pytest.raises(ValidationError, match=r"such as name@example\.com"):
        fields.EmailField().clean(typed)


class Spending(forms.Form):
    key = fields.KeyField()


def test_each_blank_form_brings_a_key_of_its_own():
    assert Spending()["key"].value() != Spending()["key"].value()


def test_a_refused_form_keeps_its_key():
    key = str(Spending()["key"].value())
    assert Spending({"key": key})["key"].value() == key


@pytest.mark.parametrize("typed", ["", "x", "1" * 5000, "\x00"])
def test_a_form_without_its_key_asks_to_be_opened_again(typed):
    assert "Open it again" in Spending({"key": typed}).errors["key"][0]


@pytest.mark.parametrize(
    ("widget", "value", "shown"),
    [
        (fields.DayInput, "2026-03-14", 'value="2026-03-14"'),
        (fields.DayInput, "soon", 'type="date"'),
        (fields.DayInput, "2026-02-30", 'type="date"'),
        (fields.DayInput, None, 'type="date"'),
        (fields.MonthInput, "2026-03", 'value="2026-03"'),
        (fields.MonthInput, "2026-13", 'type="month"'),
    ],
)
def test_an_input_of_days_shows_nothing_but_days(widget, value, shown):
    html = widget().render("day", value)
    assert (shown in html, "value=" in html) == (True, shown.startswith("value="))
