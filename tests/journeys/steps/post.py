"""The post: what a mail server of the tests took, each mail by its kind, counted exactly."""

import re
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage

from tests.smtp_sink import text_of

LINK = r"https?://[^\s/]+{path}[^\s/]+/"


@dataclass(frozen=True)
class Letter:
    """A mail that arrived."""

    kind: str
    recipient: str
    mail: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        return text_of(self.mail)

    @property
    def files(self) -> list[str]:
        """Return the names of what is attached."""
        return [part.get_filename() for part in self.mail.iter_attachments()]

    def find(self, pattern):
        """Return what the pattern matches in the text."""
        found = re.search(pattern, self.text)
        assert found, f"no {pattern!r} in {self.subject!r}:\n{self.text}"
        return found[0]

    def link(self, path):
        """Return the address in the text whose path begins with `path`."""
        return self.find(LINK.format(path=path))


class Post:
    """Mails as they arrive. `office` delivers, and names the kind of each by its Message-ID."""

    def __init__(self, office) -> None:
        self.office = office
        self.letters: list[Letter] = []
        self.seen = len(office.sink.mails)

    def brings(self, *expected):
        """Check that since the last time exactly these arrived: `(recipient, kind)` each, once."""
        new = self.fetch()
        came = Counter((letter.recipient, letter.kind) for letter in new)
        owed = Counter(expected)
        assert came == owed, f"missing: {dict(owed - came)}, not owed: {dict(came - owed)}"
        return new

    def fetch(self):
        """Deliver what is queued; return what arrived since the last time."""
        kinds = self.office.deliver()
        mails = self.office.sink.mails
        new = [
            Letter(kinds.get(str(mail["Message-ID"]), "not of the outbox"), recipient, mail)
            for recipients, mail in mails[self.seen :]
            for recipient in recipients
        ]
        self.seen = len(mails)
        self.letters += new
        return new

    def last(self, recipient, kind):
        """Return the latest mail of a kind to somebody, of those that were fetched."""
        found = [each for each in self.letters if (each.recipient, each.kind) == (recipient, kind)]
        assert found, f"no {kind} to {recipient}"
        return found[-1]

    def of_kind(self, kind):
        """Return the mails of a kind that were fetched."""
        return [letter for letter in self.letters if letter.kind == kind]
