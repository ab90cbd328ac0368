"""Look-ups that authorise: what is not yours is not found (rules.md 9)."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from .models import CreditAccount, User


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
