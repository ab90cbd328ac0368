"""Tasks of the outbox: a wake-up and the beat's round call the same drain."""

from celery import shared_task

from . import delivery


@shared_task(name="outbox.drain", ignore_result=True)
def drain() -> None:
    """Deliver what is due."""
    delivery.drain()
