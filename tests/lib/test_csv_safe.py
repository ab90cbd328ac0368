import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from credits_portal.lib.csv_safe import cell


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=", "-"]
)
def test_text_that_could_be_a_formula_gets_an_apostrophe(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ana Souza", "a=b", "1-2", " =1", "3 @ 4", "'quoted'"])
def test_other_text_stays_as_it_is(text):
    assert cell(text) == text


@pytest.mark.parametrize("number", [-5, 0, 20000, Decimal("-4000.00"), Decimal("0.80")])
def test_numbers_stay_numbers_negative_ones_too(number):
    assert cell(number) is number


def test_a_negative_number_is_written_without_a_quote():
    out = io.StringIO()
    csv.writer(out).writerow([cell(-5), cell("-5")])
    assert out.getvalue() == "-5,'-5\r\n"


def test_dates_are_written_the_iso_way():
    when = datetime(2027, 3, 14, 9, 0, tzinfo=UTC)
    assert [cell(date(2027, 3, 14)), cell(when)] == ["2027-03-14", "2027-03-14T09:00:00+00:00"]


def test_nothing_is_an_empty_cell():
    assert cell(None) == ""


def test_a_lazy_text_is_looked_at_as_text():
    assert cell(gettext_lazy("=1")) == "'=1"


def test_yes_and_no_are_written_as_words():
    assert cell(True) == "True"
