import pytest
from django.contrib.auth.models import AnonymousUser

from purchasing.forms import BillingForm, BuyForm

BILLING = {"country": "US"}


@pytest.mark.parametrize("typed", ["a\x00b", "\ud800"])
def test_an_account_name_that_no_database_takes_is_refused(typed):
    form = BuyForm({"credits": "5", "account_name": typed}, user=AnonymousUser())
    assert form.errors.keys() == {"account_name"}


@pytest.mark.parametrize("field", ["company", "po_number", "tax_id", "address", "payables_email"])
@pytest.mark.parametrize("typed", ["a\x00b", "\ud800"])
def test_billing_details_that_no_database_takes_are_refused(field, typed):
    assert BillingForm(BILLING | {field: typed}).errors.keys() == {field}


def test_a_line_break_leaves_the_company(db):
    form = BillingForm(BILLING | {"company": "Acme\r\nBcc: all@example.com"})
    assert form.is_valid()
    assert form.billing()["company"] == "Acme Bcc: all@example.com"


def test_an_address_keeps_its_lines():
    form = BillingForm(BILLING | {"address": "1 Main St\r\nSpringfield"})
    assert form.is_valid()
    assert form.billing()["address"] == "1 Main St\nSpringfield"


@pytest.mark.parametrize("country", ["", "XX", "us", "Germany"])
def test_a_country_comes_from_the_list(country):
    assert BillingForm({"country": country}).errors["country"] == ["Choose a country."]
