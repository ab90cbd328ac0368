"""Rows of participants are added in place by the script, or by the server without it."""

import pytest

from accounts import passkeys
from tests.factories.redemption import TrainingSessionFactory, funded_account
from tests.journeys.steps.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def browser_context_args(browser_context_args, script):
    return {**browser_context_args, "java_script_enabled": script}


@pytest.fixture
def ann(page, live_server):
    """Ann, who has filled in all but the participants."""
    account, session = funded_account(), TrainingSessionFactory(training__slug="survey")
    visitor = Visitor(page)
    visitor.opens(f"{live_server.url}/training/survey/register/?session={session.pk}")
    visitor.fills("Your name", "Ann")
    visitor.fills("Your work email", "ann@example.com")
    visitor.fills("Training passkey", passkeys.reveal(account.passkeys.get()))
    return visitor


def add(visitor, name, email):
    visitor.adds("Add participant", "Participant")
    visitor.fills_last("Name", name)
    visitor.fills_last("Work email", email)


def test_two_participants_are_added_and_checked(ann):
    add(ann, "Bo", "bo@example.com")
    add(ann, "Cy", "cy@example.com")
    ann.presses("Continue")
    ann.sees_heading("Check your registration")
    ann.sees("Ann", "Bo", "Cy", "300 credits")


def test_a_new_row_has_the_focus(ann, page):
    ann.adds("Add participant", "Participant")
    assert page.evaluate("document.activeElement.name") == "people-0-name"


def test_what_was_typed_stays_when_a_row_is_added(ann, page):
    add(ann, "Bo", "bo@example.com")
    ann.adds("Add participant", "Participant")
    assert page.locator("[name=email]").input_value() == "ann@example.com"
    assert page.locator("[name=people-0-name]").input_value() == "Bo"


def test_a_row_left_empty_is_nobody(ann):
    ann.adds("Add participant", "Participant")
    add(ann, "Cy", "cy@example.com")
    ann.presses("Continue")
    ann.sees("200 credits")
