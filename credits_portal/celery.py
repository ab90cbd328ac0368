"""The Celery app, and when each repeated task is due.

Tasks are wake-ups: the truth about what is due stands in the database, so that a lost, doubled or
late message changes nothing. A wake-up that no worker took before its successor came expires.
"""

import os

from celery import Celery
from celery.schedules import BaseSchedule, crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credits_portal.settings")

# Task name -> seconds between runs, or a schedule in the programme's zone.
BEAT: dict[str, float | BaseSchedule] = {
    "outbox.drain": 10.0,
    "purchasing.apply_events": 15.0,
    "purchasing.close_card_pages": 60.0,
    "purchasing.pay_refunds": 30.0,
    "approvals.lapse_due_requests": 60.0,
    "approvals.remind_approvers": 60.0,
    "redemption.remind_participants": 3600.0,
    "redemption.end_courses": 3600.0,
    "purchasing.advance_orders": 3600.0,
    "redemption.remind_of_lots": crontab(hour="8", minute="0"),
    "reports.make_exports": 10.0,
    "reports.forget_exports": crontab(hour="3", minute="20"),
    # A payment may be booked on its day until the third day after it (rules.md 3.3): then the month
    # that has ended stands.
    "reports.monthly_statements": crontab(day_of_month="4-10", hour="7", minute="0"),
    "accounts.expire_lots": crontab(hour="2", minute="30"),
    "accounts.forget_guesses": crontab(hour="3", minute="10"),
}
STALE_AFTER = 3600.0  # seconds; for tasks with a time of day


def entry(name: str, when: float | BaseSchedule) -> dict[str, object]:
    """Return Celery's description of a repeated task."""
    expires = when if isinstance(when, float) else STALE_AFTER
    return {"task": name, "schedule": when, "options": {"expires": expires}}


app = Celery("credits_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {name: entry(name, when) for name, when in BEAT.items()}
