"""Where payment providers tell what happened. What is wrong is refused before anything is kept."""

import json
import re
from typing import Any

import stripe
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from purchasing.services import events

MOST_BYTES = 256 * 1024
MOST_SECONDS_OLD = 300
KIND_LENGTH, ID_LENGTH = 100, 255
# An escaped NUL, which is not the text of one: that has a backslash more before it.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Unreadable(ValueError):
    """The body is no event that Stripe signed for us a moment ago."""


@csrf_exempt  # Stripe has no cookie and no form; its signature says who it is.
@require_POST
def stripe_hook(request: HttpRequest) -> HttpResponse:
    """Keep a signed event of Stripe's: 200 if and only if it is kept (trust.md 2)."""
    if _size(request) > MOST_BYTES:
        return _said(413, "The message is too large.")
    try:
        told = read_event(request.body, request.headers.get("Stripe-Signature", ""))
    except Unreadable:
        return _said(400, "This is no message of Stripe's, or it is too old.")
    about = told["data"]["object"].get("id", "")
    events.store_event(external_id=told["id"], kind=told["type"], object_id=about, raw=told)
    return _said(200, "Kept.")


def read_event(body: bytes, signature: str) -> dict[str, Any]:
    """Return the event in a signed body. Raises Unreadable.

    The library's own reader raises whatever Python does with hostile bodies (UnicodeDecodeError,
    TypeError, AttributeError, JSONDecodeError); so only its check of the signature is used.
    """
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(
            text, signature, settings.STRIPE_WEBHOOK_SECRET, MOST_SECONDS_OLD
        )
        told = json.loads(text)
        _check(told)
    except (ValueError, TypeError, RecursionError, stripe.SignatureVerificationError) as error:
        raise Unreadable from error
    kept: dict[str, Any] = told
    return kept


def _check(told: Any) -> None:
    """Raise ValueError for what is no event, or what a database cannot keep."""
    if not isinstance(told, dict) or told.get("object") != "event":
        raise Unreadable
    data = told.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        raise Unreadable
    for name, most in [(told.get("id"), ID_LENGTH), (told.get("type"), KIND_LENGTH)]:
        if not (isinstance(name, str) and 0 < len(name) <= most):
            raise Unreadable
    if not (isinstance(about.get("id", ""), str) and len(about.get("id", "")) <= ID_LENGTH):
        raise Unreadable
    # No database keeps NUL, lone surrogates or a number without end in JSON.
    if NUL.search(json.dumps(told, ensure_ascii=False, allow_nan=False).encode()):
        raise Unreadable


def _size(request: HttpRequest) -> int:
    """Return what the sender says of the body's size; the server reads no more than that."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isascii() and said.isdecimal() else MOST_BYTES + 1


def _said(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
