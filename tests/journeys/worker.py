"""A Celery worker whose clock a test moves: `python -m tests.journeys.worker <queue> <word>`.

JOURNEY_CLOCK names the file where the time stands. Over Redis the worker leaves word that it is
ready, under `<word>:ready`, and that it has done a task, under `<word>:<task id>`.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "credits_portal.settings"

import django

django.setup()

import redis  # noqa: E402
from celery import signals  # noqa: E402

from credits_portal.celery import app  # noqa: E402
from credits_portal.lib import clock  # noqa: E402

TIME = Path(os.environ["JOURNEY_CLOCK"])

clock.now = lambda: datetime.fromisoformat(TIME.read_text())


def tell(key):
    """Leave word under a key, for a minute."""
    store = redis.Redis.from_url(os.environ["REDIS_URL"])
    store.rpush(key, "1")
    store.expire(key, 60)


def main(queue, word):
    """Work until the stop."""
    signals.worker_ready.connect(lambda **_: tell(f"{word}:ready"), weak=False)
    signals.task_postrun.connect(lambda task_id, **_: tell(f"{word}:{task_id}"), weak=False)
    app.conf.task_default_queue = queue  # for the wake-ups that its own tasks send
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning"]
    app.worker_main(["--quiet", "worker", "--concurrency", "2", "--queues", queue, *quiet])


if __name__ == "__main__":
    main(*sys.argv[1:])
