"""The mails of what the programme does with a class, and the reminders of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from redemption.models import Redemption, Registration, TrainingSession
from redemption.returned import summary

from .common import (
    find_redemption,
    key_of,
    own_calendar,
    place_content,
    redemption_content,
    to_owner,
    to_participant,
    to_participants,
    to_registrant,
)


def booked_in(redemption: Redemption, session: TrainingSession) -> Iterable[Registration]:
    """Return the redemption's places that are booked in `session`."""
    places = redemption.registrations.filter(session=session)
    booked = places.filter(status=Registration.Status.REGISTERED)
    return booked.select_related("redemption")


def registrations_url(params: Mapping[str, Any]) -> str:
    """Return the full address of the owner's list of registrations."""
    account = find_redemption(params).account
    return absolute(reverse("redemption:account_registrations", args=[account.public_id]))


def queue_class_moved(redemption: Redemption, session: TrainingSession) -> None:
    """Tell registrant, owner and booked participants the new time."""
    fact = class_moved_fact(session)
    about = {"session": session.pk}
    to_registrant("class_moved", redemption, fact=fact, **about)
    to_owner("class_moved_owner", redemption, fact=fact, **about)
    to_participants("place_moved", booked_in(redemption, session), fact=fact)


def class_moved_fact(session: TrainingSession) -> str:
    """Name this move of the class; a way back and forth again is told each time."""
    moved_at = session.moved_at.isoformat() if session.moved_at else ""
    return f"moved:{session.pk}:{moved_at}"


def class_moved_key(redemption: Redemption) -> str:
    """Return the key under which a move is told, so that approvers are told it only once."""
    fact = class_moved_fact(redemption.session) if redemption.session else "moved"
    return key_of(redemption, fact)


def moved_content(template: str, params: Mapping[str, Any], **extra: Any) -> Content:
    """Build a mail about the class that was moved."""
    session = TrainingSession.objects.get(pk=params["session"])
    calendar = own_calendar(find_redemption(params))
    return redemption_content(template, params, calendar, session=session, **extra)


@builds("redemption.class_moved")
def build_class_moved(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a class moved."""
    return moved_content("class_moved", params)


@builds("redemption.class_moved_owner")
def build_class_moved_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of a class moved."""
    return moved_content("class_moved_owner", params, url=registrations_url(params))


@builds("redemption.place_moved")
def build_place_moved(params: Mapping[str, Any], recipient: str) -> Content:
    """Build a participant's notice of a class moved."""
    return place_content("place_moved", params)


def queue_class_cancelled(
    redemption: Redemption,
    session: TrainingSession,
    places: Iterable[Registration],
    entries: list[int],
) -> None:
    """Tell everyone that the class is called off, and what returned."""
    fact = f"class-cancelled:{session.pk}"
    about = {"session": session.pk, "entries": entries}
    to_registrant("class_cancelled", redemption, fact=fact, **about)
    to_owner("class_cancelled_owner", redemption, fact=fact, **about)
    to_participants("place_class_cancelled", places, fact=fact)


def called_off_content(template: str, params: Mapping[str, Any], **extra: Any) -> Content:
    """Build a mail about a class that was called off, and the credits that returned."""
    session = TrainingSession.objects.get(pk=params["session"])
    calendar = own_calendar(find_redemption(params))
    returned = summary(params["entries"])
    return redemption_content(
        template, params, calendar, session=session, returned=returned, **extra
    )


@builds("redemption.class_cancelled")
def build_class_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a class called off."""
    return called_off_content("class_cancelled", params)


@builds("redemption.class_cancelled_owner")
def build_class_cancelled_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of a class called off."""
    return called_off_content("class_cancelled_owner", params, url=registrations_url(params))


@builds("redemption.place_class_cancelled")
def build_place_class_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build a participant's notice of a class called off."""
    return place_content("place_class_cancelled", params)


def queue_joining_changed(place: Registration) -> None:
    """Tell a participant that how or where to join has changed."""
    to_participant("joining_changed", place, fact=f"joining:{place.pk}.{place.sequence}")


@builds("redemption.joining_changed")
def build_joining_changed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice of changed joining details."""
    return place_content("joining_changed", params)


def queue_missed(place: Registration) -> None:
    """Tell a participant that the place is booked as missed."""
    to_participant("missed", place, fact=f"missed:{place.pk}")


@builds("redemption.missed")
def build_missed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice of a class not attended."""
    return place_content("missed", params)


def queue_class_reminder(place: Registration, *, step: int) -> None:
    """Remind a participant of a class, `step` days ahead (rules.md 8)."""
    to_participant("class_reminder", place, fact=class_reminder_fact(place, step))


def class_reminder_fact(place: Registration, step: int) -> str:
    """Name the reminder: once per step and per start, so that a moved class has its own."""
    start = place.session.starts_at.isoformat() if place.session else ""
    return f"reminder:{place.pk}:{step}:{start}"


@builds("redemption.class_reminder")
def build_class_reminder(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the reminder, with the joining details."""
    return place_content("class_reminder", params)


def queue_finish_reminder(place: Registration, *, step: int) -> None:
    """Remind an on-demand participant `step` days before the finish-by date (rules.md 3)."""
    to_participant("finish_reminder", place, fact=f"finish:{place.pk}:{step}")


@builds("redemption.finish_reminder")
def build_finish_reminder(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the reminder of a finish-by date."""
    return place_content("finish_reminder", params)
