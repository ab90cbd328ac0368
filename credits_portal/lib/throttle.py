"""Limits on what anyone may cause: so many times in a period, for one source or address.

Counted in the database, not in the cache: counts are rare (refusals and mails, never a success),
every process of every machine sees the same ones, and a cache that hangs, is flushed or away
neither opens the gate nor delays a page (trust.md 2 and 3).
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from . import clock
from .models import ThrottleHit

LONGEST_PERIOD = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most `times` within `period` (at most a day), counted under `name`."""

    name: str
    times: int
    period: timedelta


def wait(limit: Limit, who: str) -> int:
    """Return the seconds until `who` may again; 0 when they may now."""
    moments = list(_recent(limit, who).order_by("-at").values_list("at", flat=True)[: limit.times])
    if len(moments) < limit.times:
        return 0
    return max(1, math.ceil((moments[-1] + limit.period - clock.now()).total_seconds()))


def count(limit: Limit, who: str) -> None:
    """Count one for `who`. Call it outside a transaction that may roll back."""
    ThrottleHit.objects.create(limit=limit.name, who=_digest(who), at=clock.now())


def prune() -> int:
    """Delete what no limit looks at any more; return how many rows went."""
    deleted, _ = ThrottleHit.objects.filter(at__lt=clock.now() - LONGEST_PERIOD).delete()
    return deleted


def _recent(limit: Limit, who: str) -> QuerySet[ThrottleHit]:
    since = clock.now() - limit.period
    return ThrottleHit.objects.filter(limit=limit.name, who=_digest(who), at__gt=since)


def _digest(who: str) -> str:
    """Return a keyed digest: the rows tell nobody's address."""
    value = who.encode("utf-8", "surrogatepass")
    return salted_hmac("credits_portal.throttle", value, algorithm="sha256").hexdigest()
