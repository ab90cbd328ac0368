"""The portal's outermost manners: a database that is away, and text that nobody types."""

from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict

from credits_portal import errors, health
from credits_portal.lib import errors as pages

Answer = Callable[[HttpRequest], HttpResponse]
ADMIN = "/admin/"
PROBES = {"/healthz": health.healthz, "/readyz": health.readyz}


class ProbeMiddleware:
    """Answers probes before anything asks for a Host or TLS: a probe knows an address only."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or let the request through."""
        return PROBES.get(request.path, self.get_response)(request)


class LettingThrough:
    """Middleware that does its work in a hook of Django's and lets every request through."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through."""
        return self.get_response(request)


class UnavailableMiddleware(LettingThrough):
    """Turns "the database is away, or a row is locked" from a view into a page to try again."""

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 with Retry-After for the database's troubles, leave the rest alone."""
        return errors.unavailable(error) if errors.is_unavailable(error) else None


class NotFoundMiddleware(LettingThrough):
    """Explains a link that has died in development as in production, not as a fault of the code."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a view's 404 with the portal's page; an address of no view stays Django's."""
        return pages.not_found(request, error) if isinstance(error, Http404) else None


class PlainTextMiddleware(LettingThrough):
    """Refuses what only a hostile client sends: NUL in addresses, other encodings, doubles."""

    def process_view(self, request: HttpRequest, view: object, *_given: object) -> None:
        """Raise BadRequest, which Django answers with 400."""
        if "\0" in request.path or "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise BadRequest("NUL in the address")
        if request.encoding and request.encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}:
            raise BadRequest("a form in another encoding than UTF-8")
        if request.path.startswith(ADMIN):
            return
        refuse_doubles(request.GET)
        # What needs no CSRF token is no form of ours, and reads its body itself.
        if not getattr(view, "csrf_exempt", False):
            refuse_doubles(request.POST)


def refuse_doubles(values: MultiValueDict[str, str]) -> None:
    """Raise BadRequest where a name comes twice: which of the values was meant is a guess."""
    if any(len(repeated) > 1 for _name, repeated in values.lists()):
        raise BadRequest("a doubled parameter")
