"""Calendar files (RFC 5545) for classes: one event, times in UTC, so that no zone is needed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

from credits_portal.lib import clock
from redemption.models import Registration, TrainingSession

LINE_OCTETS = 75
ESCAPES = str.maketrans({"\\": "\\\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": None})


def escaped(text: str) -> str:
    """Return `text` as a TEXT value; control characters other than line ends are dropped."""
    kept = "".join(char for char in text if char.isprintable() or char == "\n")
    return kept.translate(ESCAPES)


def folded(line: str) -> str:
    """Return a content line in pieces of at most 75 octets, never inside a character."""
    pieces, piece, size = [], "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > LINE_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += char
        size += octets
    return "\r\n".join([*pieces, piece])


def stamp(moment: datetime) -> str:
    """Return `moment` as a UTC DATE-TIME."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def event(registration: Registration) -> bytes:
    """Return the calendar file of one place in a class; a cancelled place takes it off again.

    The UID stays the same over moves and changes of date, the SEQUENCE grows.
    """
    session = registration.session
    if session is None:
        raise ValueError("On-demand training has no calendar file.")
    gone = session.is_cancelled or not registration.is_seated
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{escaped(settings.PORTAL_NAME)}//Training credits//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if gone else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{uid(registration)}",
        f"SEQUENCE:{registration.sequence}",
        f"DTSTAMP:{stamp(clock.now())}",
        # RFC 5546 asks for it: calendars take an event off only on the word of who put it there.
        f"ORGANIZER:mailto:{settings.SUPPORT_EMAIL}",
        f"DTSTART:{stamp(session.starts_at)}",
        f"DTEND:{stamp(session.ends_at)}",
        f"SUMMARY:{escaped(registration.training.title)}",
        *where(session),
        f"STATUS:{'CANCELLED' if gone else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(folded(line) + "\r\n" for line in lines).encode()


def uid(registration: Registration) -> str:
    """Return the event's name for ever."""
    return f"registration-{registration.pk}@{urlsplit(settings.BASE_URL).hostname}"


def where(session: TrainingSession) -> Iterable[str]:
    """Return the lines that say where to go, as far as known."""
    if session.place or session.link:
        yield f"LOCATION:{escaped(session.place or session.link)}"
    if session.joining_details:
        yield f"DESCRIPTION:{escaped(session.joining_details)}"
    if session.link:
        yield f"URL:{session.link}"
