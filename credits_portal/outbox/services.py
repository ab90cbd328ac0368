"""Queueing mail inside the caller's transaction, and what staff and monitors ask of the queue."""

import logging
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models import Min

from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional

from . import vault
from .models import OutboundMail, new_message_id

logger = logging.getLogger(__name__)

DRAIN = "outbox.drain"
# Mails that anyone can cause, per address and kind (trust.md 3, mail bombing).
MAILS_PER_HOUR = 5
# After the broker failed to take a wake-up, leave it alone so long; beat drains meanwhile.
BROKER_REST_SECONDS = 15.0

_broker_rests_until = 0.0


def queue(
    *,
    name: str,
    recipient: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    language: str = "",
    about: str = "",
    secret: Any = None,
    give_up_at: datetime | None = None,
) -> OutboundMail:
    """Queue the mail `name` to `recipient`, in the caller's transaction: it goes out on commit.

    `key` names the fact that owes the mail; a second call with the same key and recipient returns
    the first row (trust.md I16). `params` are JSON ids to render from; `secret`, also JSON, is
    kept encrypted until the mail is sent or failed. After `give_up_at` it is of no use any more.
    """
    moment = clock.now()
    mail = OutboundMail(
        name=name,
        recipient=recipient.strip().lower(),
        key=key,
        params=dict(params or {}),
        language=language,
        about=about,
        encrypted_secret="" if secret is None else vault.seal(secret),
        has_secret=secret is not None,
        give_up_at=give_up_at,
        next_try_at=moment,
        created_at=moment,
        queued_at=moment,
    )
    if not mail.insert_once():
        return OutboundMail.objects.get(key=key, recipient=mail.recipient)
    wake_on_commit()
    return mail


def wake_on_commit() -> None:
    """Wake a worker once the transaction commits: once, however many mails it queued."""
    if not any(hook[1] is wake for hook in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def wake(task: str = DRAIN) -> None:
    """Tell a worker that mail is due, or that another `task` is. Only a hint: beat finds it all.

    The broker's socket timeouts bound the wait; one that failed is left alone for a while, so
    that an outage costs the occasional request a second and the others nothing.
    """
    global _broker_rests_until  # noqa: PLW0603
    if time.monotonic() < _broker_rests_until:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as error:
        _broker_rests_until = time.monotonic() + BROKER_REST_SECONDS
        logger.warning("No worker could be woken for %s; beat will do it: %r", task, error)


def too_many(name: str | Collection[str], recipient: str) -> bool:
    """Tell whether `recipient` was sent the mail `name` as often as is fair within an hour.

    For mails that anyone can cause: codes, resets, re-sent links, invitations, quotes. Several
    names share one count.
    """
    names = [name] if isinstance(name, str) else name
    recent = OutboundMail.objects.since(timedelta(hours=1))
    sent = recent.filter(name__in=names, recipient=recipient.strip().lower())
    return sent.count() >= MAILS_PER_HOUR


def oldest_undelivered_age() -> timedelta:
    """Return how long the oldest undelivered mail has waited; zero if none waits."""
    oldest = OutboundMail.objects.undelivered().aggregate(oldest=Min("queued_at"))["oldest"]
    return clock.now() - oldest if oldest else timedelta(0)


@transactional
def resend(*, mail: OutboundMail) -> bool:
    """Queue a sent or failed mail again, under a new Message-ID; tell whether that was possible.

    One whose code is wiped cannot be rendered again: the person asks for a new code.
    """
    mail = locked(mail)
    if mail.has_secret or mail.state in OutboundMail.UNDELIVERED:
        return False
    mail.state = OutboundMail.State.QUEUED
    mail.attempts = 0
    mail.error = ""
    mail.message_id = new_message_id()
    mail.queued_at = mail.next_try_at = clock.now()
    mail.give_up_at = None
    mail.save(
        update_fields=[
            "state", "attempts", "error", "message_id", "queued_at", "next_try_at", "give_up_at"
        ]
    )  # fmt: skip
    wake_on_commit()
    return True
