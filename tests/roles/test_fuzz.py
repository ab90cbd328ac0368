"""Hostile requests to every address by every role: nothing answers with a server error.

FUZZ_REQUESTS says how many (FUZZ_SEED: which); the figure to reach is 20,000.
"""

import os
import random
import re

import pytest
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from tests.journeys.screens import follow
from tests.roles import people
from tests.roles.doors import DOORS

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
NAMED = re.compile(r'name="([^"]+)"')
HOSTILE = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff'", "0", "-1", "1.5", "1e9", "NaN", "Infinity",
    "9" * 5000, "٣٥٠٠", "18,000", "'; DROP TABLE x;--", "{{ 7|add:7 }}", "{% debug %}",
    "<script>alert(1)</script>", "=HYPERLINK(1)", "\r\nBcc: x@example.com", "a" * 70_000,
    "//evil.example.com", "javascript:alert(1)", "../../etc/passwd", "%00", "null", "[]", "{}",
    "true", "on", "2026-02-30", "0001-01-01", "9999-12-31", "12/31/9999", "24:61", "x@example.com",
    "x@" + "e" * 300 + ".com", "\u202eevil", "🦊" * 200, "7K4M-" * 7, "00000000-0000-0000-0000",
)  # fmt: skip
COMMON = (
    "page",
    "q",
    "next",
    "credits",
    "place",
    "draft",
    "session",
    "o",
    "e",
    "sort",
    "key",
    "seen",
)
METHODS = ("get", "get", "post", "post", "post", "head", "put", "options", "delete")

pytestmark = pytest.mark.django_db


class Fuzzer:
    """Draws requests from a seed, so that a finding can be had again."""

    def __init__(self, world, clients):
        self.world, self.clients = world, clients
        self.random = random.Random(SEED)
        self.fields = {}

    def path(self, name):
        steps = [follow(self.world, step) for step in DOORS[name].path]
        if steps and self.random.random() < 0.2:
            spoilt = self.random.randrange(len(steps))
            steps[spoilt] = self.random.choice(HOSTILE)
            try:
                return reverse(name, args=steps)
            except (NoReverseMatch, UnicodeEncodeError):
                return "/" + name.replace(":", "/") + "/%00"
        return reverse(name, args=steps)

    def names(self, role, path):
        """Return the field names of the page, as far as the role sees it."""
        if (role, path) not in self.fields:
            page = self.clients[role].get(path)
            text = b"" if page.streaming else page.content
            self.fields[role, path] = set(NAMED.findall(text.decode(errors="replace")))
        return sorted({*self.fields[role, path], *COMMON})

    def data(self, role, path):
        names = self.names(role, path)
        chosen = self.random.sample(names, self.random.randint(1, min(len(names), 12)))
        return {name: self.value() for name in chosen}

    def value(self):
        if self.random.random() < 0.1:
            return [self.random.choice(HOSTILE) for _ in range(3)]
        return self.random.choice(HOSTILE)

    def ask(self):
        """Send one request, take back what it did; return what was asked and the status."""
        name = self.random.choice(list(DOORS))
        role, method = self.random.choice(people.ROLES), self.random.choice(METHODS)
        path = self.path(name)
        with transaction.atomic():
            data = printable(self.data(role, path)) if method in {"get", "post", "head"} else {}
            status = getattr(self.clients[role], method)(path, data).status_code
            transaction.set_rollback(True)
        return (name, role, method, path, data), status


def printable(data):
    """Return `data` as a client can encode it: lone surrogates as the bytes that they are."""

    def encode(value):
        if isinstance(value, list):
            return [encode(part) for part in value]
        return value.encode("utf-8", "surrogatepass")

    return {name: encode(value) for name, value in data.items()}


def test_hostile_requests_are_never_a_server_error():
    world = people.build_world()
    fuzzer = Fuzzer(world, people.clients(world))
    failed = []
    for _turn in range(REQUESTS):
        asked, status = fuzzer.ask()
        if status >= 500:
            failed.append((asked, status))
    assert failed == []
