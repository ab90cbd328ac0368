"""Staff reach the administration only with a second factor (docs/security.md)."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _


class StaffSecondFactorMiddleware:
    """Sends staff without two-step sign-in to set it up before they see /admin/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer `request`, or send its person to the set-up."""
        if settings.STAFF_SECOND_FACTOR and lacks_second_factor(request):
            messages.info(request, _("Set up two-step sign-in to reach the administration."))
            return redirect("mfa_activate_totp")
        return self.get_response(request)


def lacks_second_factor(request: HttpRequest) -> bool:
    """Tell whether staff without two-step sign-in ask for the administration."""
    return (
        request.path.startswith(reverse("admin:index"))
        and request.user.is_authenticated
        and request.user.is_staff
        and not is_mfa_enabled(request.user)
    )
