"""Signing in returns to what one was doing, by whichever way one gets in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

SESSION_KEY = "sign_in_returns_to"
STARTS = ("account_login", "account_request_login_code", "account_reset_password")
View = Callable[..., HttpResponseBase]


def remembers(view: View) -> View:
    """Keep the `next` that was sent with a form of signing in; addresses of other sites are none.

    The pages that follow lose it: a code asked for anew, a lost password, an address that turns
    out to be known and is mailed the way to the sign-in page.
    """

    @wraps(view)
    def remembering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = get_next_redirect_url(request)
        if wanted and request.method == "POST":
            request.session[SESSION_KEY] = wanted
        return view(request, *args, **kwargs)

    return remembering


def explains_end(view: View) -> View:
    """Say why a code's page leads away: its code ran out, or it was opened in another browser."""

    @wraps(view)
    def explaining(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        is_over = getattr(answer, "url", "") in map(reverse, STARTS)
        if is_over and request.user.is_anonymous and not len(messages.get_messages(request)):
            messages.info(request, _("That code has run out, or was asked for in another browser."))
        return answer

    return explaining


def remembered(session: SessionBase) -> str:
    """Return the address on this site that was asked for before signing in, or nothing."""
    return str(session.get(SESSION_KEY, ""))


def forget(session: SessionBase) -> None:
    """Drop it: the person is where they wanted to be."""
    session.pop(SESSION_KEY, None)
