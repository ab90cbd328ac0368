"""The mailbox of development: every delivered message as a file, for a page to show."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

# The name begins with the time of delivery in nanoseconds, so that names sort by it.
NAME = re.compile(r"\d{20}-[0-9a-f]{8}\.eml")

_lock = threading.Lock()
_last_moment = 0


class MailboxBackend(BaseEmailBackend):
    """Writes each message into MAILBOX_DIR; a reader never sees half of one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Deliver the messages to the mailbox page; return how many."""
        folder = Path(settings.MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            content = message.message().as_bytes()
            name = new_name(str(message.extra_headers.get("Message-ID", "")))
            unfinished = folder / f"{name}.part"
            unfinished.write_bytes(content)
            unfinished.rename(folder / name)
        return len(email_messages)


def new_name(message_id: str) -> str:
    """Return a file name that sorts after all earlier ones of this process."""
    global _last_moment  # noqa: PLW0603
    with _lock:
        _last_moment = max(time.time_ns(), _last_moment + 1)
        return f"{_last_moment:020d}-{hash(message_id) & 0xFFFFFFFF:08x}.eml"


@dataclass(frozen=True)
class Attached:
    """A file that came with a message."""

    number: int
    filename: str
    mimetype: str
    size: int


@dataclass(frozen=True)
class Delivered:
    """A message in the mailbox."""

    name: str
    message: ParsedMessage

    @property
    def sender(self) -> str:
        """Return who sent it."""
        return str(self.message["From"])

    @property
    def to(self) -> str:
        """Return whom it went to."""
        return str(self.message["To"])

    @property
    def subject(self) -> str:
        """Return the subject."""
        return str(self.message["Subject"])

    @property
    def sent_at(self) -> datetime:
        """Return when it was sent; a header without a zone (-0000) is in UTC."""
        moment = parsedate_to_datetime(str(self.message["Date"]))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def text(self) -> str:
        """Return the plain text part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        """Return the HTML part; its links open in the whole window."""
        part = self.message.get_body(("html",))
        content = str(part.get_content()) if part else ""
        return content.replace("<head>", '<head><base target="_top">', 1)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Return the headers in their order."""
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def attachments(self) -> list[Attached]:
        """Return what is attached."""
        return [
            Attached(
                number=number,
                filename=part.get_filename() or f"attachment-{number}",
                mimetype=part.get_content_type(),
                size=len(content_of(part)),
            )
            for number, part in enumerate(self.message.iter_attachments())
        ]

    def attachment(self, number: int) -> tuple[Attached, bytes] | None:
        """Return one attachment with its content, or None."""
        found = [entry for entry in self.attachments if entry.number == number]
        if not found:
            return None
        return found[0], content_of(list(self.message.iter_attachments())[number])


def content_of(part: Any) -> bytes:
    """Return the bytes of a part, whatever its type."""
    content = part.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def messages(*, to: str = "") -> Iterator[Delivered]:
    """Yield the messages, newest first; `to` keeps those whose recipient contains it."""
    folder = Path(settings.MAILBOX_DIR)
    paths = sorted(folder.glob("*.eml"), reverse=True) if folder.is_dir() else []
    for path in paths:
        delivered = read(path.name)
        if delivered and to.lower() in delivered.to.lower():
            yield delivered


def read(name: str) -> Delivered | None:
    """Return the message in the file `name`, or None."""
    path = Path(settings.MAILBOX_DIR) / name
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    message: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Delivered(name=name, message=message)
