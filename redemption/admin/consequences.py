"""What a task of staff will do, in words, for the page to say before the click."""

from datetime import datetime

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits_portal.lib import formats
from redemption.models import Registration, TrainingSession


def why_not(session: TrainingSession, task: str) -> str:
    """Return why the class cannot be moved, called off or marked; nothing if it can."""
    if session.is_cancelled:
        return _("This class was called off.")
    if task == "move" and session.has_started:
        return _("This class has begun: it stays where it is.")
    if task == "mark" and not session.has_started:
        return _("This class has not begun yet: mark it afterwards.")
    if task == "mark" and not session.registrations.paid().exists():
        return _("Nobody has a place in this class.")
    return ""


def everybody() -> str:
    """Say who is told."""
    return _("Registrants, participants and owners are mailed, with the reason.")


def of_moving(session: TrainingSession, starts_at: datetime, ends_at: datetime) -> list[str]:
    """Say what moving a class does (rules.md 6)."""
    was = formats.span(session.starts_at, session.ends_at, session.zone)
    becomes = formats.span(starts_at, ends_at, session.zone)
    change = _("From %(was)s to %(becomes)s.") % {"was": was, "becomes": becomes}
    places = session.registrations.live().count()
    if not places:
        return [change, _("Nobody has a place yet, so nobody is mailed.")]
    stay = ngettext(
        "%(n)s place stays valid, and can be cancelled for its credits within 14 days.",
        "%(n)s places stay valid, and can be cancelled for their credits within 14 days.",
        places,
    )
    return [change, stay % {"n": formats.number(places)}, everybody()]


def of_calling_off(session: TrainingSession) -> list[str]:
    """Say what calling a class off does (rules.md 6)."""
    live = session.registrations.owed_if_called_off()
    booked = live.exclude(status=Registration.Status.WAITING).aggregate(
        places=Count("pk"), credits=Sum("credits"), accounts=Count("account", distinct=True)
    )
    waiting = live.filter(status=Registration.Status.WAITING).aggregate(
        places=Count("pk"), credits=Sum("credits")
    )
    said = []
    if booked["places"]:
        said.append(_returned(booked))
    if waiting["places"]:
        ends = _(
            "Requests for approval that wait end: places %(places)s, credits held %(credits)s."
        )
        said.append(ends % {name: formats.number(value) for name, value in waiting.items()})
    if not said:
        return [_("Nobody has a place, so nobody is mailed.")]
    return [*said, everybody()]


def _returned(booked: dict[str, int]) -> str:
    text = _(
        "%(credits)s go back to the lots they came from: places %(places)s, accounts "
        "%(accounts)s. What would have fewer than 60 days left comes back as a new lot of 60 days."
    )
    return text % {
        "credits": formats.credits(booked["credits"]),
        "places": formats.number(booked["places"]),
        "accounts": formats.number(booked["accounts"]),
    }


def of_returning(place: Registration) -> list[str]:
    """Say what returning the credits of a missed place does."""
    text = _(
        "%(credits)s of %(name)s go back to the lots they came from, with those lots' own last "
        "usable day. What returns to a lot past it expires at once."
    )
    return [text % {"credits": formats.credits(place.credits), "name": place.name}]
