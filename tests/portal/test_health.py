import json
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from redis.exceptions import TimeoutError as RedisTimeoutError

from credits_portal import health
from credits_portal.outbox.models import OutboundMail

pytestmark = pytest.mark.django_db


def readiness(**headers):
    """Return the status and the facts of /readyz."""
    answer = Client(**headers).get("/readyz")
    return answer.status_code, json.loads(answer.content)


def test_a_live_process_says_so():
    assert Client().get("/healthz").content == b"ok\n"


def test_a_probe_needs_no_known_host():
    assert Client(HTTP_HOST="10.0.0.7").get("/healthz").status_code == 200


def test_a_probe_cannot_post():
    assert Client().post("/readyz").status_code == 405


def test_a_portal_that_can_serve_is_ready():
    assert readiness() == (
        200,
        {
            "ready": True,
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "mail": "ok",
            "oldest_undelivered_mail_seconds": 0,
        },
    )


def test_without_its_database_it_is_not_ready():
    with mock.patch.object(health.connection, "cursor", side_effect=OperationalError("gone")):
        status, facts = readiness()
    assert (status, facts["ready"], facts["database"]) == (503, False, "away")


def test_with_a_migration_to_apply_it_is_not_ready():
    with mock.patch.object(health.MigrationExecutor, "migration_plan", return_value=["one"]):
        status, facts = readiness()
    assert (status, facts["migrations"]) == (503, "1 to apply")


def test_without_its_cache_it_serves_on_and_tells():
    with mock.patch.object(health.caches["shared"], "set", side_effect=RedisTimeoutError):
        status, facts = readiness()
    assert (status, facts["cache"]) == (200, "away")


def test_late_mail_is_told_with_its_age(moving_clock):
    OutboundMail.objects.create(key="late", recipient="a@example.com", name="some.mail")
    moving_clock.advance(minutes=20)
    status, facts = readiness()
    assert (status, facts["mail"], facts["oldest_undelivered_mail_seconds"]) == (200, "late", 1200)


def test_an_address_that_is_no_probe_still_needs_a_known_host():
    assert Client(HTTP_HOST="evil.example").get("/healthz/").status_code == 400
