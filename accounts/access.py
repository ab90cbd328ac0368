"""Look-ups that authorise: what is not yours is not found (rules.md 9)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from .models import CreditAccount, User

View = Callable[..., HttpResponse]


def posts_from(page: str) -> Callable[[View], View]:
    """Let a view take nothing but the forms of `page`, from whoever is signed in.

    Others sign in first and come back to that page, which has the same first argument: the view's
    own address shows nothing.
    """

    def decorate(view: View) -> View:
        accepting = require_POST(view)

        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if request.user.is_authenticated:
                return accepting(request, **arguments)
            return redirect_to_login(reverse(page, args=[*arguments.values()][:1]))

        return guarded

    return decorate


def owned_account(request: HttpRequest, public_id: str) -> CreditAccount:
    """Return the account that the signed-in person owns, or raise Http404."""
    user = _person(request, public_id)
    return get_object_or_404(
        CreditAccount.objects.owned_by(user).select_related("owner"), public_id=public_id
    )


def visible_account(request: HttpRequest, public_id: str) -> CreditAccount:
    """Return the account that the signed-in person owns or is active delegate of, or Http404."""
    user = _person(request, public_id)
    return get_object_or_404(
        CreditAccount.objects.visible_to(user).select_related("owner"), public_id=public_id
    )


def signed_in(request: HttpRequest) -> User:
    """Return the person who is signed in, or raise Http404; views ask `login_required` first."""
    if not isinstance(request.user, User):
        raise Http404("person")
    return request.user


def _person(request: HttpRequest, public_id: str) -> User:
    # PostgreSQL refuses NUL; no identifier has anything but letters and digits.
    if not public_id.isalnum():
        raise Http404("account")
    return signed_in(request)
