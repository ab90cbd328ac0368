"""The mails of a registration's way in: received, confirmed, declined, lapsed, withdrawn."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts import ledger
from accounts.models import CreditAccount
from accounts.services import deciders_of
from credits_portal.lib import clock
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue
from redemption.models import Redemption, Training

from .common import (
    find_redemption,
    own_calendar,
    place_content,
    places_of,
    redemption_content,
    to_owner,
    to_participants,
    to_registrant,
)


def queue_request_received(redemption: Redemption) -> None:
    """Tell the registrant that the request waits, for whom and until when."""
    to_registrant("request_received", redemption, fact="received")


@builds("redemption.request_received")
def build_request_received(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's receipt of a request."""
    redemption = find_redemption(params)
    approvers = deciders_of(redemption.account, senders=redemption.senders)
    deciders = ", ".join(approver.name or approver.email for approver in approvers)
    return redemption_content("request_received", params, deciders=deciders)


def queue_confirmed(redemption: Redemption) -> None:
    """Tell registrant, owner and each participant that the places are booked."""
    to_registrant("confirmed", redemption, fact="confirmed")
    to_owner("confirmed_owner", redemption, fact="confirmed")
    to_participants("place_confirmed", places_of(redemption), fact="confirmed")


@builds("redemption.confirmed")
def build_confirmed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's confirmation; an owner who registers also reads the balance."""
    redemption = find_redemption(params)
    is_owner = recipient == redemption.account.owner.email
    balance = ledger.balance(account=redemption.account) if is_owner else None
    calendar = own_calendar(redemption)
    return redemption_content("confirmed", params, calendar, balance=balance)


@builds("redemption.confirmed_owner")
def build_confirmed_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's confirmation, with the balance."""
    account = find_redemption(params).account
    return redemption_content(
        "confirmed_owner",
        params,
        balance=ledger.balance(account=account),
        url=absolute(reverse("redemption:account_registrations", args=[account.public_id])),
    )


@builds("redemption.place_confirmed")
def build_place_confirmed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build a participant's confirmation, with calendar file and own link."""
    return place_content("place_confirmed", params)


def queue_declined(redemption: Redemption) -> None:
    """Tell the registrant the reason that the approver gave."""
    to_registrant("declined", redemption, fact="declined")


@builds("redemption.declined")
def build_declined(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a request declined."""
    return redemption_content("declined", params)


def queue_lapsed(redemption: Redemption) -> None:
    """Tell registrant and owner that nobody decided in time."""
    to_registrant("lapsed", redemption, fact="lapsed")
    to_owner("lapsed_owner", redemption, fact="lapsed")


@builds("redemption.lapsed")
def build_lapsed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a request lapsed."""
    return redemption_content("lapsed", params)


@builds("redemption.lapsed_owner")
def build_lapsed_owner(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice of a request lapsed."""
    account = find_redemption(params).account
    url = absolute(reverse("accounts:delegates", args=[account.public_id]))
    return redemption_content("lapsed_owner", params, url=url)


def queue_withdrawn(redemption: Redemption) -> None:
    """Confirm to the registrant that the request is taken back."""
    to_registrant("withdrawn", redemption, fact="withdrawn")


@builds("redemption.withdrawn")
def build_withdrawn(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the registrant's notice of a request withdrawn."""
    return redemption_content("withdrawn", params)


def queue_too_few_credits(
    *, account: CreditAccount, training: Training, name: str, email: str, credits: int
) -> None:
    """Tell the owner that a team member was turned away; one mail a day (rules.md 4)."""
    queue(
        name="redemption.too_few_credits",
        recipient=account.owner.email,
        key=f"account:{account.pk}:too-few:{clock.today().isoformat()}",
        params={
            "account": account.pk,
            "training": training.pk,
            "name": name,
            "email": email,
            "credits": credits,
        },
        language=account.owner.language,
        about=f"account:{account.pk}",
    )


@builds("redemption.too_few_credits")
def build_too_few_credits(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice: who, for what, and what is missing."""
    account = CreditAccount.objects.get(pk=params["account"])
    context = {
        "account": account,
        "training": Training.objects.get(pk=params["training"]),
        "name": params["name"],
        "email": params["email"],
        "needed": params["credits"],
        "balance": ledger.balance(account=account),
        "url": absolute(account.get_absolute_url()),
    }
    return Content(template="redemption/too_few_credits", context=context)
