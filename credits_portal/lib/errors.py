"""The error pages: what happened, whether anything was spent, who to ask, and the way back.

They look at neither the person nor the database, so that they answer when it is away too.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from . import context_processors


def page(status: int, template: str = "", **context: Any) -> HttpResponse:
    """Render the page of `status`, templates/<status>.html by default."""
    context |= context_processors.programme()
    response = HttpResponse(render_to_string(template or f"{status}.html", context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer 400."""
    return page(400)


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer 403."""
    return page(403)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer 404."""
    return page(404)


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer 403 to a form that comes without, or with another page's, CSRF token."""
    return page(403, "403_csrf.html")


def too_many(wait_seconds: int) -> HttpResponse:
    """Answer 429 and say how long to wait."""
    response = page(429, minutes=max(1, -(-wait_seconds // 60)))
    response["Retry-After"] = str(wait_seconds)
    return response
