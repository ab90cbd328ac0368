"""Which app builds which mail. Apps register their builders; the outbox imports no app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .exceptions import UnknownMail


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with a mail."""

    filename: str
    content: bytes
    mimetype: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a mail says: `templates/mails/<template>.subject.txt`, `.txt` and `.html`.

    `unsubscribe_url` (absolute, one-click) adds List-Unsubscribe: for mails that may be declined.
    """

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    unsubscribe_url: str = ""


Builder = Callable[[Mapping[str, Any], str], Content]

_builders: dict[str, Builder] = {}
_language_finders: list[Callable[[str], str]] = []


def builds(name: str) -> Callable[[Builder], Builder]:
    """Register the decorated function as the builder of the mail `name`.

    It gets the params of the mail (a secret payload as `params["secret"]`) and the recipient.
    """

    def register(builder: Builder) -> Builder:
        known = _builders.setdefault(name, builder)
        if (known.__module__, known.__qualname__) != (builder.__module__, builder.__qualname__):
            raise ValueError(f"Two builders for the mail {name!r}.")
        return builder

    return register


def builder_of(name: str) -> Builder:
    """Return the builder of the mail `name`. Raises UnknownMail."""
    try:
        return _builders[name]
    except KeyError:
        raise UnknownMail(name) from None


def names() -> list[str]:
    """Return the names of all mails, sorted."""
    return sorted(_builders)


def finds_language(finder: Callable[[str], str]) -> Callable[[str], str]:
    """Register what tells the language that an address has chosen, or an empty text."""
    _language_finders.append(finder)
    return finder


def language_of(recipient: str) -> str:
    """Return the language that the recipient has chosen; empty where nobody knows one."""
    return next(filter(None, (finder(recipient) for finder in _language_finders)), "")
