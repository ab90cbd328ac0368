"""The mails of signing in: codes, which only allauth knows, travel as the outbox's secrets."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from credits_portal.lib import clock
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue, too_many

# Anyone can cause these for any address; they share one count, lest the count tell who is known.
LIMITED = (
    "accounts.sign_in_code",
    "accounts.verify_email",
    "accounts.reset_password",
    "accounts.unknown_account",
    "accounts.account_exists",
)


def is_limit_reached(*, email: str) -> bool:
    """Tell whether `email` was sent enough mails of signing in within the hour (trust.md 3)."""
    return too_many(LIMITED, email)


def code(*, name: str, email: str, code: str) -> None:
    """Mail a code to `email`; once the code has run out the mail is not worth sending."""
    _queue(
        name=name,
        email=email,
        secret=code,
        give_up_at=clock.now() + timedelta(seconds=settings.SIGN_IN_CODE_SECONDS),
    )


def pointer(*, name: str, email: str) -> None:
    """Mail what stands instead of a code where an address is unknown, or known already."""
    _queue(name=name, email=email)


def notice(*, event: str, email: str, params: Mapping[str, Any]) -> None:
    """Tell a person that their way of signing in has changed."""
    _queue(name="accounts.sign_in_changed", email=email, params={"event": event, **params})


def _queue(*, name: str, email: str, **fields: Any) -> None:
    queue(
        name=name,
        recipient=email,
        key=f"{name}:{uuid.uuid4()}",
        language=translation.get_language() or "",
        **fields,
    )


@builds("accounts.sign_in_code")
def build_sign_in_code(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the mail with the code that signs in."""
    return _code_mail("sign_in/code", "account_confirm_login_code", params)


@builds("accounts.verify_email")
def build_verify_email(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the mail with the code that proves an address."""
    return _code_mail("sign_in/verify", "account_email_verification_sent", params)


@builds("accounts.reset_password")
def build_reset_password(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the mail with the code that allows a new password."""
    return _code_mail("sign_in/reset", "account_confirm_password_reset_code", params)


def _code_mail(template: str, page: str, params: Mapping[str, Any]) -> Content:
    context = {
        "code": params["secret"],
        "minutes": settings.SIGN_IN_CODE_SECONDS // 60,
        "url": absolute(reverse(page)),
    }
    return Content(template=template, context=context)


@builds("accounts.unknown_account")
def build_unknown_account(_params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the answer to signing in or resetting under an address that nobody signed up with."""
    return Content(template="sign_in/unknown", context={"url": absolute(reverse("account_signup"))})


@builds("accounts.account_exists")
def build_account_exists(_params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the answer to signing up under an address that has signed up before."""
    return Content(template="sign_in/exists", context={"url": absolute(reverse("account_login"))})


@builds("accounts.sign_in_changed")
def build_sign_in_changed(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the notice of a change that its reader should know if it was not theirs."""
    page = "account_reset_password" if "password" in params["event"] else "account_login"
    context = {
        "what": _event(params["event"]) % {"email": params.get("to_email", "")},
        "url": absolute(reverse(page)),
    }
    return Content(template="sign_in/changed", context=context)


def _event(event: str) -> str:
    texts = {
        "password_changed": _("Your password was changed."),
        "password_reset": _("Your password was reset."),
        "password_set": _("A password was added to your sign-in."),
        "email_changed": _("Your sign-in address was changed to %(email)s."),
        "email_deleted": _("An address was removed from your sign-in."),
        "totp_activated": _("Two-step sign-in was turned on."),
        "totp_deactivated": _("Two-step sign-in was turned off."),
        "recovery_codes_generated": _("New recovery codes for two-step sign-in were made."),
    }
    return texts[event]
