"""What a load balancer and a monitor ask: is the process alive, can it serve."""

from collections.abc import Callable

from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from credits_portal.outbox.services import oldest_undelivered_age

OK = "ok"
LATE_MAIL_SECONDS = 15 * 60


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is there and migrated, else 503; tell the rest.

    The cache may be away and mail late without a page failing (trust.md 2): both are told for a
    monitor to act on, and do not take the process out of service.
    """
    vital = {"database": _told(_database)}
    if vital["database"] == OK:
        vital["migrations"] = _told(_migrations)
    facts: dict[str, str | int] = {**vital, "cache": _told(_cache)}
    if vital["database"] == vital.get("migrations") == OK:
        seconds = round(oldest_undelivered_age().total_seconds())
        facts["oldest_undelivered_mail_seconds"] = seconds
        facts["mail"] = OK if seconds < LATE_MAIL_SECONDS else "late"
    ready = all(state == OK for state in vital.values())
    return JsonResponse({"ready": ready, **facts}, status=200 if ready else 503)


def _told(check: Callable[[], str]) -> str:
    """Return what `check` says; its failure tells no more than that it failed."""
    try:
        return check()
    except (DatabaseError, RedisError, OSError):
        return "away"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} to apply" if waiting else OK


def _cache() -> str:
    cache = caches["shared"]
    cache.set("readyz", OK, 10)
    return OK if cache.get("readyz") == OK else "forgetful"
