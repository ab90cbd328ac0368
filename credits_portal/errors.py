"""The pages for when something failed: none of them asks the database anything."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from credits_portal.lib import errors as pages

LOCK_NOT_AVAILABLE = "55P03"
RETRY_SOON = 5  # seconds: a lock is soon free
RETRY_LATER = 30  # seconds: a database takes a little to come back


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether the database, not the request, was the trouble."""
    return isinstance(error, OperationalError | InterfaceError)


def unavailable(error: BaseException) -> HttpResponse:
    """Return the 503 page: nothing was charged or spent, try again in a moment (trust.md 2)."""
    busy = getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE
    wait = RETRY_SOON if busy else RETRY_LATER
    response = pages.page(503, busy=busy)
    response["Retry-After"] = str(wait)
    return response


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer an error that no view caught; middleware that met a database away ends here too."""
    error = sys.exc_info()[1]
    if error is not None and is_unavailable(error):
        return unavailable(error)
    return pages.page(500)
