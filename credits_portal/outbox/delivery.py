"""Delivery: what is due is claimed row by row, rendered, sent, and marked.

A conditional UPDATE is the claim; it moves `next_try_at` to the end of the lease. A worker that is
killed leaves the mail to whoever looks after that, under the same Message-ID.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from types import TracebackType

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F

from credits_portal.lib import clock

from .exceptions import SecretLost
from .models import OutboundMail
from .rendering import render

logger = logging.getLogger(__name__)

# Longer than a send may take: four answers of a server at EMAIL_TIMEOUT (10 s) each. With beat
# every 10 s a killed worker's mail is done again within 60 s (trust.md 2).
LEASE = timedelta(seconds=45)
BATCH = 50
# One drain ends by itself, so that a worker asked to stop is not held up; beat calls the next.
DRAIN_SECONDS = 50.0
# Waits between attempts: 30 s, doubled each time up to 6 hours; the last one fails 3 days on.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
ATTEMPTS = 20
PERMANENT = 500


class Courier:
    """One connection to the mail server, opened when needed and used again within a drain."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def __enter__(self) -> "Courier":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()

    def connect(self) -> None:
        """Open the connection unless it is open. Raises SMTPException or OSError."""
        self._connection.open()

    def hang_up(self) -> None:
        """Close the connection, so that the next mail begins on a new one."""
        try:
            self._connection.close()
        except (SMTPException, OSError):
            self._connection = get_connection()

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand over `message`. Raises SMTPException or OSError."""
        self._connection.send_messages([message])


def drain() -> int:
    """Deliver what is due, one mail at a time; return how many were sent."""
    sent = 0
    ends_at = time.monotonic() + DRAIN_SECONDS
    with Courier() as courier:
        while time.monotonic() < ends_at:
            due = list(OutboundMail.objects.due().order_by("next_try_at", "id")[:BATCH])
            if not due:
                break
            for mail in due:
                outcome = deliver(mail, courier)
                if outcome is None:
                    return sent
                sent += outcome
    return sent


def deliver(mail: OutboundMail, courier: Courier) -> bool | None:
    """Try one mail: True if it was sent, None if the mail server cannot be reached at all."""
    try:
        courier.connect()
    except (SMTPException, OSError) as error:
        if claim(mail):
            postpone(mail, error)
        return None
    if not claim(mail):
        return False
    try:
        message = render(mail)
        courier.send(message)
    except Exception as error:
        # Whatever is wrong with one mail must hold up no other.
        give_back(mail, error, courier)
        return False
    finish(mail, state=OutboundMail.State.SENT, sent_at=clock.now(), subject=str(message.subject))
    return True


def claim(mail: OutboundMail) -> bool:
    """Take `mail` for the length of a lease; False if another worker has it, or it is too late."""
    moment = clock.now()
    if mail.give_up_at and mail.give_up_at <= moment:
        fail(mail, "Not sent while it was of use.")
        return False
    same = OutboundMail.objects.due().filter(pk=mail.pk, next_try_at=mail.next_try_at)
    lease = moment + LEASE
    claimed = same.update(
        state=OutboundMail.State.SENDING, next_try_at=lease, attempts=F("attempts") + 1
    )
    mail.next_try_at = lease
    mail.attempts += 1
    return claimed == 1


def give_back(mail: OutboundMail, error: Exception, courier: Courier) -> None:
    """Fail the claimed `mail` or try it again later, as `error` says."""
    if isinstance(error, SMTPException | OSError):
        if not isinstance(error, SMTPRecipientsRefused):
            courier.hang_up()
    else:
        logger.error("The mail %s (%s) cannot be built.", mail.pk, mail.name, exc_info=error)
    if is_permanent(error):
        fail(mail, explain(error))
    else:
        postpone(mail, error)


def is_permanent(error: Exception) -> bool:
    """Tell whether the server refused this mail for good (5xx), or it cannot be sent at all."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _reason in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return error.smtp_code >= PERMANENT
    return isinstance(error, SMTPNotSupportedError | SecretLost)


def explain(error: Exception) -> str:
    """Return what staff read of `error`."""
    if isinstance(error, SMTPRecipientsRefused):
        answers = error.recipients.values()
        return "; ".join(f"{code} {_text(reason)}" for code, reason in answers)
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, SecretLost):
        return "Its code can no longer be read."
    return f"{type(error).__name__}: {error}"


def _text(reason: bytes | str) -> str:
    return reason.decode(errors="replace") if isinstance(reason, bytes) else reason


def postpone(mail: OutboundMail, error: Exception) -> None:
    """Try the claimed `mail` again later, each time after a longer wait; fail after the last."""
    if mail.attempts >= ATTEMPTS:
        fail(mail, explain(error))
        return
    finish(
        mail,
        state=OutboundMail.State.QUEUED,
        next_try_at=clock.now() + wait_after(mail.attempts),
        error=explain(error),
    )


def wait_after(attempts: int) -> timedelta:
    """Return the wait after so many attempts, with up to a quarter of jitter."""
    doublings: int = 2 ** (attempts - 1)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT) * random.uniform(1, 1.25)  # noqa: S311


def fail(mail: OutboundMail, error: str) -> None:
    """Give `mail` up: staff see it in the mail log."""
    logger.error("The mail %s (%s) failed: %s", mail.pk, mail.name, error)
    finish(mail, state=OutboundMail.State.FAILED, error=error)


def finish(mail: OutboundMail, **fields: str | datetime) -> None:
    """Write what came of the claimed `mail`, unless its lease ran out and another took it."""
    if fields["state"] in {OutboundMail.State.SENT, OutboundMail.State.FAILED}:
        fields["encrypted_secret"] = ""
    if fields["state"] == OutboundMail.State.SENT:
        fields["error"] = ""
    mine = OutboundMail.objects.undelivered().filter(pk=mail.pk, next_try_at=mail.next_try_at)
    if not mine.update(**fields):
        logger.warning("The mail %s was taken by another worker meanwhile.", mail.pk)
