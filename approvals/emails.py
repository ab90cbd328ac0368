"""The approvers' mails: one function that queues and one that builds for each."""

from collections.abc import Mapping
from typing import Any

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue

from .facts import facts_of
from .models import ApprovalLink, ApprovalRequest


def queue_needed(link: ApprovalLink) -> None:
    """Ask an approver to decide a request (rules.md 5)."""
    queue(
        name="approvals.needed",
        recipient=link.email,
        key=f"approval:{link.request_id}:needed",
        params={"link": link.pk},
        about=_about(link),
    )


def queue_reminder(link: ApprovalLink, *, hours: int) -> None:
    """Remind an approver of a request that has waited `hours`."""
    queue(
        name="approvals.reminder",
        recipient=link.email,
        key=f"approval:{link.request_id}:reminder:{hours}",
        params={"link": link.pk},
        about=_about(link),
    )


def queue_moved(link: ApprovalLink, *, key: str) -> None:
    """Tell an approver that the class of a waiting request was moved (rules.md 6)."""
    queue(
        name="approvals.moved",
        recipient=link.email,
        key=key,
        params={"link": link.pk},
        about=_about(link),
    )


@builds("approvals.needed")
def build_needed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the mail that asks for a decision."""
    return Content(template="approvals/needed", context=_context(params, recipient))


@builds("approvals.reminder")
def build_reminder(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the reminder; it carries the same link as the first mail."""
    return Content(template="approvals/reminder", context=_context(params, recipient))


@builds("approvals.moved")
def build_moved(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice of a class moved; the link decides on the new date."""
    return Content(template="approvals/moved", context=_context(params, recipient))


def _about(link: ApprovalLink) -> str:
    return f"account:{link.request.redemption.account_id}"


def _context(params: Mapping[str, Any], recipient: str) -> dict[str, Any]:
    link = ApprovalLink.objects.get(pk=params["link"])
    request = ApprovalRequest.objects.with_facts().get(pk=link.request_id)
    return {
        "facts": facts_of(request),
        "recipient": recipient,
        "url": absolute(link.get_absolute_url()),
    }
