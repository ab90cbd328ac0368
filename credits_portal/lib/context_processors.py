"""What every page may show of the programme."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from . import theme


def logo_url() -> str:
    """Return the address of PORTAL_LOGO: a path, a data address, or the name of a static file."""
    logo: str = settings.PORTAL_LOGO
    return logo if not logo or logo.startswith(("/", "data:")) else static(logo)


def programme() -> dict[str, Any]:
    """Return the programme's name, logo, colours and support address."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_logo": logo_url(),
        "support_email": settings.SUPPORT_EMAIL,
        "theme_url": theme.url(),
    }


def portal(_request: HttpRequest) -> dict[str, Any]:
    """Give every page the programme."""
    return programme()
