"""Error pages say what happened, whether anything was spent, and who to ask."""

import pytest
from django.test import Client

from credits_portal.lib import errors

PAGES = [(400, ""), (403, ""), (403, "403_csrf.html"), (404, ""), (429, ""), (500, ""), (503, "")]


@pytest.mark.parametrize(("status", "template"), PAGES)
def test_every_error_page_answers_without_the_database(status, template):
    answer = errors.page(status, template, minutes=3)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("status", "template"), PAGES)
def test_every_error_page_says_what_was_spent_and_who_to_ask(status, template, settings):
    text = errors.page(status, template, minutes=3).text
    assert "credits were spent" in text or "kept whole or not at all" in text
    assert settings.SUPPORT_EMAIL in text


def test_an_unknown_address_shows_the_portals_own_page(client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_a_form_without_its_token_is_told_to_load_the_page_again(db):
    answer = Client(enforce_csrf_checks=True).post("/me/login/")
    assert answer.status_code == 403
    assert "load the page again" in answer.text


@pytest.mark.parametrize("address", ["/?q=%00", "/?page=1&page=2"])
def test_an_address_that_no_page_makes_is_refused(client, address, db):
    assert client.get(address).status_code in {400, 404}


@pytest.mark.parametrize(("seconds", "words"), [(40, "Wait a minute"), (61, "Wait 2 minutes")])
def test_too_many_tries_say_how_long_to_wait(seconds, words):
    answer = errors.too_many(seconds)
    assert answer["Retry-After"] == str(seconds)
    assert words in answer.text
