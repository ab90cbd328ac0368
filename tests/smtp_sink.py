"""A mail server of the tests' own: it keeps what it is given, for a test to read."""

import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller

from tests.portal.production import free_port, wait_until


class SmtpSink:
    """Takes every mail. A context manager; its thread keeps mails while a test reads them.

    `with SmtpSink() as sink:` and then EMAIL_URL=sink.url for the process that sends.
    """

    def __init__(self) -> None:
        self._mails: list[tuple[list[str], EmailMessage]] = []
        self._guard = threading.Lock()
        self.port = free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        return "127.0.0.1", self.port

    @property
    def url(self) -> str:
        """Return the address as EMAIL_URL wants it."""
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> "SmtpSink":
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        """Take a mail; aiosmtpd calls this in its own thread."""
        mail = message_from_bytes(envelope.content, policy=default)
        with self._guard:
            self._mails.append((list(envelope.rcpt_tos), mail))
        return "250 kept"

    @property
    def mails(self) -> list[tuple[list[str], EmailMessage]]:
        """Return every mail so far with its recipients, oldest first."""
        with self._guard:
            return list(self._mails)

    def mails_to(self, recipient: str) -> list[EmailMessage]:
        """Return the mails to `recipient` so far, oldest first."""
        with self._guard:
            return [mail for recipients, mail in self._mails if recipient in recipients]

    def wait_for(
        self, recipient: str, subject_part: str, *, count: int = 1, timeout: float = 20
    ) -> list[EmailMessage]:
        """Wait for `count` mails whose subject names `subject_part`; return them, oldest first."""

        def found() -> list[EmailMessage]:
            mails = [m for m in self.mails_to(recipient) if subject_part in str(m["Subject"])]
            return mails if len(mails) >= count else []

        return wait_until(
            found, seconds=timeout, what=f"{count} mail(s) to {recipient} on {subject_part!r}"
        )


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    return mail.get_body(("plain",)).get_content()
