"""What the mails about registrations share: recipients, keys, facts and calendar files."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Attachment, Content
from credits_portal.outbox.services import queue
from redemption import calendars
from redemption.models import Redemption, Registration


def key_of(redemption: Redemption, fact: str) -> str:
    """Return the mail key of something that happened to a registration."""
    return f"redemption:{redemption.pk}:{fact}"


def to_registrant(name: str, redemption: Redemption, *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to whoever sent the registration; `fact` owes it once."""
    queue(
        name=f"redemption.{name}",
        recipient=redemption.email,
        key=key_of(redemption, fact),
        params={"redemption": redemption.pk, **params},
        language=redemption.language,
        about=f"account:{redemption.account_id}",
    )


def to_owner(name: str, redemption: Redemption, *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to the account's owner, unless the same fact reaches them already."""
    owner = redemption.account.owner
    queue(
        name=f"redemption.{name}",
        recipient=owner.email,
        key=key_of(redemption, fact),
        params={"redemption": redemption.pk, **params},
        language=owner.language,
        about=f"account:{redemption.account_id}",
    )


def to_participant(name: str, place: Registration, *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to one participant, with a link to the own place."""
    queue(
        name=f"redemption.{name}",
        recipient=place.email,
        key=key_of(place.redemption, fact),
        params={"registration": place.pk, **params},
        language=place.redemption.language,
        about=f"account:{place.account_id}",
    )


def to_participants(name: str, places: Iterable[Registration], *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to each participant; the registrant has a mail with more in it.

    An owner who takes part is told both: what the account pays, and the own place with its link.
    """
    for place in places:
        if place.email != place.redemption.email:
            to_participant(name, place, fact=f"{fact}:place:{place.pk}", **params)


def redemption_content(
    template: str,
    params: Mapping[str, Any],
    attachments: Iterable[Attachment] = (),
    **extra: Any,
) -> Content:
    """Build a mail about a whole registration, as it stands when the mail is sent."""
    redemption = find_redemption(params)
    places = list(places_of(redemption))
    closing = Registration.closing_first(places)
    redemption.count_returned(places)
    context = {
        "redemption": redemption,
        "training": redemption.training,
        "session": redemption.session,
        "account": redemption.account,
        "places": [place for place in places if not place.is_cancelled] or places,
        "cancel_until": closing.cancel_until if closing else None,
        **extra,
    }
    if "url" not in context:
        context["url"] = link_to(redemption)
    return Content(
        template=f"redemption/{template}", context=context, attachments=list(attachments)
    )


def place_content(template: str, params: Mapping[str, Any], **extra: Any) -> Content:
    """Build a mail about one participant's place, with its calendar file."""
    place = find_place(params)
    context = {
        "place": place,
        "redemption": place.redemption,
        "training": place.training,
        "session": place.session,
        "account": place.account,
        "url": link_to(place),
        **extra,
    }
    return Content(
        template=f"redemption/{template}", context=context, attachments=calendar_of(place)
    )


def link_to(row: Redemption | Registration) -> str:
    """Return the secret page's address; where its key was dropped, the page that renews it."""
    return absolute(row.get_absolute_url() if row.has_link else reverse("redemption:find"))


def find_redemption(params: Mapping[str, Any]) -> Redemption:
    """Return the registration that a mail's parameters name."""
    related = ("training", "session", "account__owner", "passkey")
    found: Redemption = Redemption.objects.select_related(*related).get(pk=params["redemption"])
    return found


def find_place(params: Mapping[str, Any]) -> Registration:
    """Return the participant's place that a mail's parameters name."""
    related = ("training", "session", "account__owner", "redemption")
    found: Registration = Registration.objects.select_related(*related).get(
        pk=params["registration"]
    )
    return found


def places_of(redemption: Redemption) -> Iterable[Registration]:
    """Return the places in the order of the form, those that were replaced left out."""
    places = redemption.registrations.filter(replaced_by=None)
    return places.select_related("training", "session", "redemption", "entry")


def own_calendar(redemption: Redemption) -> list[Attachment]:
    """Return the registrant's calendar file, if the registrant attends and nothing waits."""
    if redemption.is_pending:
        return []
    for place in places_of(redemption):
        if place.email == redemption.email:
            return calendar_of(place)
    return []


def calendar_of(place: Registration) -> list[Attachment]:
    """Return the place's calendar file; on-demand training has none."""
    if place.session is None:
        return []
    content = calendars.event(place)
    return [Attachment(filename="training.ics", content=content, mimetype="text/calendar")]


def training_url(redemption: Redemption) -> str:
    """Return the full address of the training's page."""
    return absolute(reverse("redemption:training", args=[redemption.training.slug]))
