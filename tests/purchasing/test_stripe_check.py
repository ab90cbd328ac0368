"""`stripe_check` makes the portal's calls; here against the tests' Stripe, which must pass it."""

import pytest
from django.core.management import CommandError, call_command


def test_the_tests_own_stripe_answers_as_the_portal_expects(stripe, capsys):
    call_command("stripe_check")
    assert "Stripe answers as the portal expects." in capsys.readouterr().out


def test_each_line_says_what_holds(stripe, capsys):
    call_command("stripe_check")
    assert capsys.readouterr().out.count(": yes\n") == 13


@pytest.mark.parametrize(
    ("key", "said"), [("", "is not set"), ("sk_live_of_the_seller", "is no test key")]
)
def test_without_a_test_key_nothing_is_asked(stripe, settings, key, said):
    settings.STRIPE_SECRET_KEY = key
    with pytest.raises(CommandError, match=said):
        call_command("stripe_check")
    assert stripe.requests == []


def test_what_does_not_hold_ends_the_check(stripe, monkeypatch):
    monkeypatch.setattr(stripe, "expire_session", lambda number: stripe.get("cs_test", number))
    with pytest.raises(CommandError, match="The page is closed: NO"):
        call_command("stripe_check")


def test_stripe_away_ends_the_check(stripe):
    stripe.trouble("error", times=2)
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("stripe_check")
