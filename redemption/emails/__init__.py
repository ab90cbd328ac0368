"""The mails about registrations: per mail one function that queues and one that builds."""

from .changes import (
    LINKS_AT_MOST,
    queue_access_ended,
    queue_cancelled,
    queue_corrected,
    queue_date_changed,
    queue_given_up,
    queue_links,
    queue_place_corrected,
    queue_replaced,
)
from .decisions import (
    queue_confirmed,
    queue_declined,
    queue_lapsed,
    queue_request_received,
    queue_too_few_credits,
    queue_withdrawn,
)
from .lots import queue_lots_expired, queue_lots_expiring, was_reminded_today
from .programme import (
    class_moved_key,
    class_reminder_fact,
    queue_class_cancelled,
    queue_class_moved,
    queue_class_reminder,
    queue_finish_reminder,
    queue_joining_changed,
    queue_missed,
)

__all__ = [
    "LINKS_AT_MOST",
    "class_moved_key",
    "class_reminder_fact",
    "queue_access_ended",
    "queue_cancelled",
    "queue_class_cancelled",
    "queue_class_moved",
    "queue_class_reminder",
    "queue_confirmed",
    "queue_corrected",
    "queue_date_changed",
    "queue_declined",
    "queue_finish_reminder",
    "queue_given_up",
    "queue_joining_changed",
    "queue_lapsed",
    "queue_links",
    "queue_lots_expired",
    "queue_lots_expiring",
    "queue_missed",
    "queue_place_corrected",
    "queue_replaced",
    "queue_request_received",
    "queue_too_few_credits",
    "queue_withdrawn",
    "was_reminded_today",
]
