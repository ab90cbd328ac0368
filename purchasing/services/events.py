"""What the card provider tells: stored before it is answered, applied later from fresh objects.

An event is only a hint that something changed. Its object is fetched as it is now, and what is
booked from it is safe to repeat, so that events may come twice, late, in any order and at once.
"""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from credits_portal.outbox.services import wake
from purchasing.exceptions import GatewayError, GatewayUnavailable
from purchasing.models import Payment, ProviderEvent

from .handlers import handle

logger = logging.getLogger(__name__)

STRIPE = Payment.Provider.STRIPE
APPLY = "purchasing.apply_events"
# With beat every 15 s, what a killed worker had begun is done again within 60 s (trust.md 2).
LEASE = timedelta(seconds=40)
BATCH = 20
# One round ends by itself, so that a worker asked to stop is not held up; beat calls the next.
ROUND_SECONDS = 50.0
# Waits between attempts: doubled each time. None is given up: staff see what waits, and why.
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
MOST_DOUBLINGS = 10
ERROR_LENGTH = 500


@transactional
def store_event(
    *, external_id: str, kind: str, object_id: str, raw: Mapping[str, Any]
) -> ProviderEvent:
    """Keep a signed event and wake a worker on commit; the same id again is the first row."""
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=STRIPE,
        external_id=external_id,
        defaults={"kind": kind, "object_id": object_id, "raw": raw},
    )
    if is_new:
        transaction.on_commit(partial(wake, APPLY), robust=True)
    return event


def apply_events() -> int:
    """Apply what is due, oldest first; return how many were. Stop while the provider is away."""
    applied = 0
    ends_at = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < ends_at:
        waiting = ProviderEvent.objects.filter(applied_at=None, next_try_at__lte=clock.now())
        due = list(waiting.order_by("next_try_at", "id")[:BATCH])
        if not due:
            break
        for event in due:
            outcome = apply_event(event)
            if outcome is None:
                return applied
            applied += outcome
    return applied


def apply_event(event: ProviderEvent) -> bool | None:
    """Apply one event if no other worker has it; None if the provider cannot be reached."""
    if not _claim(event):
        return False
    try:
        order = handle(event)
    except GatewayUnavailable as error:
        _postpone(event, error)
        return None
    except Exception as error:
        # Whatever is wrong with one event must hold up no other.
        _postpone(event, error)
        return False
    _finish(event, applied_at=clock.now(), order=order, error="")
    return True


def retry(*, event: ProviderEvent) -> bool:
    """Have an event that waits applied now; tell whether it was waiting."""
    waiting = ProviderEvent.objects.filter(pk=event.pk, applied_at=None)
    is_waiting = waiting.update(next_try_at=clock.now()) == 1
    if is_waiting:
        transaction.on_commit(partial(wake, APPLY), robust=True)
    return is_waiting


def _claim(event: ProviderEvent) -> bool:
    """Take `event` for the length of a lease; False if another worker has it."""
    lease = clock.now() + LEASE
    same = ProviderEvent.objects.filter(pk=event.pk, applied_at=None, next_try_at=event.next_try_at)
    claimed = same.update(next_try_at=lease, attempts=F("attempts") + 1)
    event.next_try_at = lease
    event.attempts += 1
    return claimed == 1


def _postpone(event: ProviderEvent, error: Exception) -> None:
    """Try the claimed `event` again later; staff read why in the meantime."""
    if isinstance(error, GatewayError):
        said = f"{error}: {error.detail}" if error.detail else str(error)
    else:
        logger.error("The event %s (%s) is not applied.", event.pk, event.kind, exc_info=error)
        said = f"{type(error).__name__}: {error}"
    doublings: int = 2 ** min(event.attempts - 1, MOST_DOUBLINGS)
    wait = min(FIRST_WAIT * doublings, LONGEST_WAIT)
    _finish(event, next_try_at=clock.now() + wait, error=said[:ERROR_LENGTH])


def _finish(event: ProviderEvent, **fields: Any) -> None:
    """Write what came of the claimed `event`, unless another worker took it meanwhile."""
    mine = ProviderEvent.objects.filter(pk=event.pk, applied_at=None, next_try_at=event.next_try_at)
    if not mine.update(**fields):
        logger.warning("The event %s was taken by another worker meanwhile.", event.pk)
