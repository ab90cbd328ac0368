"""Every address against every role: the answer is the one that the table declares (trust.md 3)."""

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from tests.journeys.screens import follow
from tests.roles import people
from tests.roles.doors import DOORS, IN, ON

REFUSALS = {404, 403, IN}

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return people.build_world()


@pytest.fixture
def clients(world):
    return people.clients(world)


def named(resolver, space=""):
    """Yield the full names of every address but the administration's."""
    for pattern in resolver.url_patterns:
        inner = getattr(pattern, "namespace", None)
        if inner == "admin":
            continue
        if hasattr(pattern, "url_patterns"):
            yield from named(pattern, f"{space}{inner}:" if inner else space)
        elif pattern.name:
            yield space + pattern.name


def address(name, world):
    door = DOORS[name]
    path = reverse(name, args=[follow(world, step) for step in door.path])
    if not door.query:
        return path
    field, _, step = door.query.partition("=")
    return f"{path}?{field}={follow(world, step)}"


def told(answer):
    """Return the answer in the table's words."""
    if answer.status_code != 302:
        return answer.status_code
    return IN if answer["Location"].startswith(reverse("account_login")) else ON


def knock(client, method, path):
    """Ask, and take back whatever it did."""
    with transaction.atomic():
        answer = told(getattr(client, method)(path))
        transaction.set_rollback(True)
    return answer


def crawl(clients, world, method, expected, only_shown=None):
    """Return the cells of the table that differ, as (route, role, declared, found).

    `only_shown` is what a page that takes no such method may answer to everybody.
    """
    found = []
    for name, door in DOORS.items():
        path = address(name, world)
        for role, declared in expected(door).items():
            answer = knock(clients[role], method, path)
            if answer not in {declared, only_shown}:
                found.append((name, role, declared, answer))
    return found


def test_every_address_stands_in_the_table():
    assert set(named(get_resolver())) == set(DOORS)


def test_every_role_gets_the_declared_page(clients, world):
    assert crawl(clients, world, "get", lambda door: door.answers) == []


def test_a_head_request_is_answered_like_the_page(clients, world):
    assert crawl(clients, world, "head", lambda door: door.answers) == []


def test_who_is_refused_the_page_is_refused_its_form(clients, world):
    def refused(door):
        return {role: told for role, told in door.answers.items() if told in REFUSALS}

    assert crawl(clients, world, "post", refused, only_shown=405) == []


def test_a_page_that_takes_only_posts_takes_them_from_those_declared(clients, world):
    assert crawl(clients, world, "post", lambda door: door.post) == []


def test_an_empty_form_is_never_a_server_error(clients, world):
    statuses = set()
    for name in DOORS:
        for role in people.ROLES:
            statuses.add((name, knock(clients[role], "post", address(name, world))))
    assert {(name, status) for name, status in statuses if status in range(500, 600)} == set()
