"""What allauth leaves to the project: mails by the outbox, words, and who needs a second factor."""

from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from credits_portal.lib import errors
from credits_portal.lib.sources import source_of
from credits_portal.outbox import vault

from . import returning, signin_emails

# allauth's template -> our mail. What is not here is a notice of a change.
CODES = {
    "login_code": "accounts.sign_in_code",
    "email_confirmation": "accounts.verify_email",
    "email_confirmation_signup": "accounts.verify_email",
    "password_reset_code": "accounts.reset_password",
}
POINTERS = {
    "unknown_account": "accounts.unknown_account",
    "account_already_exists": "accounts.account_exists",
}
MISMATCH = _(
    "Email address and password do not match. Check both, or leave the password empty and we "
    "mail you a code."
)

# allauth's limits span from seconds to minutes and do not say how much is left.
WAIT_SECONDS = 300


def too_many_requests(_request: HttpRequest) -> HttpResponse:
    """Answer what allauth's own limits refuse (`handler429` of the URL configuration)."""
    return errors.too_many(WAIT_SECONDS)


class AccountAdapter(DefaultAccountAdapter):
    """Sends through the outbox; the same answer and count for known and unknown addresses."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": MISMATCH,
        "invalid_login": MISMATCH,
        "incorrect_code": _("This is not the code we mailed. Check the six digits."),
        "incorrect_password": _("This is not your password. Check it and try again."),
        "enter_current_password": _("This is not your current password. Check it and try again."),
        "invalid_or_expired_key": _("This code has run out. Ask for a new one."),
        "duplicate_email": _("This is your address already."),
        "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes, then try again."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail that allauth asks for; 429 when the address has had its share."""
        event = template_prefix.rpartition("/")[2]
        if event not in CODES | POINTERS:
            changes = {"to_email": context["to_email"]} if "to_email" in context else {}
            signin_emails.notice(event=event, email=email, params=changes)
            return
        if signin_emails.is_limit_reached(email=email):
            raise ImmediateHttpResponse(errors.page(429, "account/too_many_mails.html"))
        if event in CODES:
            signin_emails.code(name=CODES[event], email=email, code=context["code"])
        else:
            signin_emails.pointer(name=POINTERS[event], email=email)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where somebody goes who signs in without a `next`: to what they were doing."""
        known: str = super().get_login_redirect_url(request)
        return returning.remembered(request.session) or known

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Return the same for somebody who is new."""
        known: str = super().get_signup_redirect_url(request)
        return returning.remembered(request.session) or known

    def post_login(self, request: HttpRequest, user: Any, **facts: Any) -> HttpResponse:
        """Lead on, once."""
        answer: HttpResponse = super().post_login(request, user, **facts)
        returning.forget(request.session)
        return answer

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the source that limits count by."""
        return source_of(request)


class MFAAdapter(DefaultMFAAdapter):
    """Keeps authenticator secrets encrypted under PASSKEY_KEYS; staff keep their second factor."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code does not fit. Enter the one that the app shows now."),
        "cannot_delete_authenticator": _("Staff keep two-step sign-in on."),
    }

    def encrypt(self, text: str) -> str:
        """Return `text` as it is stored."""
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what `encrypt` was given."""
        return str(vault.open_sealed(encrypted_text))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Tell whether the person may turn two-step sign-in off."""
        return not (settings.STAFF_SECOND_FACTOR and authenticator.user.is_staff)

    def build_totp_svg(self, url: str) -> str:
        """Return the picture to scan, on white so that it can be read in dark mode too."""
        picture = qrcode.make(url, image_factory=SvgPathFillImage)
        return str(picture.to_string(encoding="unicode"))

    def get_totp_issuer(self) -> str:
        """Return the name under which an authenticator app lists us."""
        return str(settings.PORTAL_NAME)
