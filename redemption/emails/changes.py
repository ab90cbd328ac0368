"""The mails of a registration's changes."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue
from redemption.models import Redemption, Registration
from redemption.returned import summary

from .common import (
    calendar_of,
    find_place,
    find_redemption,
    place_content,
    places_of,
    redemption_content,
    to_owner,
    to_participant,
    to_participants,
    to_registrant,
)

LINKS_AT_MOST = 50


def queue_cancelled(
    redemption: Redemption, places: Iterable[Registration], entries: list[int]
) -> None:
    """Tell registrant, owner and the participants that places are cancelled, and what returned."""
    places = list(places)
    ids = [place.pk for place in places]
    fact = f"cancelled:{'-'.join(map(str, ids))}"
    about = {"places": ids, "entries": entries}
    to_registrant("cancelled", redemption, fact=fact, **about)
    to_owner("cancelled_owner", redemption, fact=fact, **about)
    to_participants("place_cancelled", places, fact=fact)


def cancelled_content(template: str, params: Mapping[str, Any], **extra: Any) -> Content:
    """Build a mail about cancelled places and their credits."""
    redemption = find_redemption(params)
    gone = redemption.registrations.filter(pk__in=params["places"])
    gone = gone.select_related("session", "training")
    own = [place for place in gone if place.email == redemption.email]
    return redemption_content(
        template,
        params,
        [file for place in own for file in calendar_of(place)],
        cancelled=list(gone),
        returned=summary(params["entries"]),
        **extra,
    )


@builds("redemption.cancelled")
def build_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of places cancelled."""
    return cancelled_content("cancelled", params)


@builds("redemption.cancelled_owner")
def build_cancelled_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of credits returned."""
    account = find_redemption(params).account
    return cancelled_content("cancelled_owner", params, url=absolute(account.get_absolute_url()))


@builds("redemption.place_cancelled")
def build_place_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build a participant's notice of a place cancelled; the calendar file takes it off."""
    return place_content("place_cancelled", params)


def queue_given_up(place: Registration) -> None:
    """Tell registrant and participant that the seat is free again, without credits."""
    fact = f"given-up:{place.pk}"
    to_registrant("given_up", place.redemption, fact=fact, registration=place.pk)
    to_participants("place_cancelled", [place], fact=fact)


@builds("redemption.given_up")
def build_given_up(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a place given up."""
    place = find_place(params)
    own = calendar_of(place) if place.email == place.redemption.email else []
    return redemption_content("given_up", params, own, session=place.session, places=[place])


def queue_date_changed(redemption: Redemption, places: Iterable[Registration]) -> None:
    """Tell registrant, owner and participants the new date."""
    places = list(places)
    fact = f"date:{'-'.join(f'{place.pk}.{place.sequence}' for place in places)}"
    about = {"registration": places[0].pk}
    to_registrant("date_changed", redemption, fact=fact, **about)
    to_owner("date_changed_owner", redemption, fact=fact, **about)
    to_participants("place_date_changed", places, fact=fact)


def changed_content(template: str, params: Mapping[str, Any], **extra: Any) -> Content:
    """Build a mail about a changed date: of the places that stand at the new one."""
    session = find_place(params).session
    redemption = find_redemption(params)
    places = [
        place
        for place in places_of(redemption)
        if place.session == session and not place.is_cancelled
    ]
    own = [
        file for place in places if place.email == redemption.email for file in calendar_of(place)
    ]
    return redemption_content(template, params, own, session=session, places=places, **extra)


@builds("redemption.date_changed")
def build_date_changed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a new date."""
    return changed_content("date_changed", params)


@builds("redemption.date_changed_owner")
def build_date_changed_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of a new date."""
    account = find_redemption(params).account
    url = absolute(reverse("redemption:account_registrations", args=[account.public_id]))
    return changed_content("date_changed_owner", params, url=url)


@builds("redemption.place_date_changed")
def build_place_date_changed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build a participant's notice of a new date."""
    return place_content("place_date_changed", params)


def queue_replaced(old: Registration, new: Registration) -> None:
    """Tell old and new participant and the owner (rules.md 6)."""
    fact = f"replaced:{new.pk}"
    to_participant("place_passed_on", old, fact=f"{fact}:old")
    to_participant("place_confirmed", new, fact=f"{fact}:new")
    to_owner("replaced_owner", new.redemption, fact=fact, registration=new.pk)


@builds("redemption.place_passed_on")
def build_place_passed_on(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice of whoever had the place before."""
    return place_content("place_passed_on", params)


@builds("redemption.replaced_owner")
def build_replaced_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of a participant replaced."""
    new = find_place(params)
    account = new.account
    url = absolute(reverse("redemption:account_registrations", args=[account.public_id]))
    return redemption_content("replaced_owner", params, new=new, old=new.replaces, url=url)


def queue_corrected(redemption: Redemption) -> None:
    """Send to the corrected address the mail of the state that it stands in.

    Of a cancelled registration nothing is sent again: its amounts were told to the owner too.
    """
    name = "request_received" if redemption.is_pending else redemption.status
    if redemption.status != Redemption.Status.CANCELLED:
        to_registrant(name, redemption, fact=f"corrected:{redemption.link_digest[:12]}")


def queue_place_corrected(place: Registration) -> None:
    """Send the participant's mail to the corrected address."""
    to_participant("place_confirmed", place, fact=f"corrected:{place.link_digest[:12]}")


def queue_access_ended(place: Registration) -> None:
    """Tell participant and registrant that access to the course has ended (rules.md 3)."""
    fact = f"missed:{place.pk}"
    to_participant("access_ended", place, fact=fact)
    to_registrant("access_ended", place.redemption, fact=fact, registration=place.pk)


@builds("redemption.access_ended")
def build_access_ended(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice that a course is over."""
    return place_content("access_ended", params)


def queue_links(*, email: str, language: str, moment: str) -> None:
    """Mail the links of all that `email` has registered, or has a place in (rules.md 4)."""
    queue(
        name="redemption.links",
        recipient=email,
        key=f"links:{moment}",
        params={},
        language=language,
    )


@builds("redemption.links")
def build_links(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the list of links: own registrations first, then own places in others'."""
    sent = Redemption.objects.filter(email=recipient).select_related("training", "session")
    places = Registration.objects.live().filter(email=recipient)
    places = places.exclude(redemption__email=recipient).select_related("training", "session")
    rows = [*sent.order_by("-id")[:LINKS_AT_MOST], *places.order_by("-id")[:LINKS_AT_MOST]]
    found = [(row, absolute(row.get_absolute_url())) for row in rows if row.has_link]
    return Content(template="redemption/links", context={"found": found})
