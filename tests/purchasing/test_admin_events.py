"""Tests of the back office's list of events."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from purchasing.models import ProviderEvent
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

LIST = "/admin/purchasing/providerevent/"


def event(number, **fields):
    return ProviderEvent.objects.create(
        provider="stripe", external_id=f"evt_{number}", kind="refund.created", raw={}, **fields
    )


@pytest.fixture
def enter(client):
    """Return a function that signs a member of staff with these rights in."""

    def enter(*permissions):
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def finance(enter):
    return enter("view_providerevent", "change_providerevent")


def try_again(client, *chosen):
    data = {"action": "try_again", "_selected_action": [each.pk for each in chosen]}
    return client.post(LIST, data, follow=True)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "waiting"),
        ({"error": "The order does not exist."}, "in trouble"),
        ({"applied_at": "2026-03-10T12:00Z"}, "applied"),
    ],
)
def test_the_list_says_how_far_an_event_has_come(finance, fields, state):
    event(1, **fields)
    assert f'<td class="field-state">{state}</td>' in finance.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("state", "count"), [("waiting", 2), ("trouble", 1), ("applied", 1), ("nonsense", 3)]
)
def test_the_list_is_filtered_by_state(finance, state, count):
    event(1)
    event(2, error="No.")
    event(3, applied_at="2026-03-10T12:00Z")
    answer = finance.get(LIST, {"state": state}, follow=True)
    assert answer.context["cl"].result_count == count


def test_staff_have_an_event_tried_again_now(finance, moving_clock):
    waiting = event(1, error="No.", next_try_at="2026-03-11T12:00Z")
    try_again(finance, waiting)
    waiting.refresh_from_db()
    assert waiting.next_try_at == moving_clock.moment


def test_an_applied_event_is_left_alone(finance):
    applied = event(1, applied_at="2026-03-10T12:00Z", next_try_at="2026-03-09T12:00Z")
    assert "0 events are tried again." in try_again(finance, applied).content.decode()


def test_who_may_only_look_cannot_have_it_tried(enter, moving_clock):
    waiting = event(1, next_try_at="2026-03-11T12:00Z")
    try_again(enter("view_providerevent"), waiting)
    waiting.refresh_from_db()
    assert waiting.next_try_at > moving_clock.moment


def test_nobody_adds_events_by_hand(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403


def test_three_events_cost_no_query_more_than_one(finance):
    counts = []
    for number in range(3):
        event(number)
        with CaptureQueriesContext(connection) as queries:
            finance.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[2]
