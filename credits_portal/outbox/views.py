"""The mailbox page: every mail that went out, in development only (404 without DEBUG)."""

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from . import mailbox

SHOWN = 200

View = Callable[..., HttpResponse]


def in_development(view: View) -> View:
    """Answer 404 unless DEBUG is on; never cache what the page shows."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(wrapper))


@in_development
def message_list(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first; `?to=` keeps those to one recipient."""
    to = request.GET.get("to", "").strip()
    messages = list(islice(mailbox.messages(to=to), SHOWN))
    return render(request, "outbox/mailbox.html", {"messages_delivered": messages, "to": to})


@csp_update({"frame-src": [SELF]})
@in_development
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail: HTML in a frame, text, attachments, headers."""
    return render(request, "outbox/message.html", {"mail": found(name)})


@csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [SELF],
    }
)
@xframe_options_sameorigin
@in_development
def message_html(_request: HttpRequest, name: str) -> HttpResponse:
    """Return the HTML part alone, as a mail program would show it."""
    return HttpResponse(found(name).html)


@in_development
def message_attachment(_request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Download one attachment."""
    result = found(name).attachment(number)
    if result is None:
        raise Http404
    attached, content = result
    return HttpResponse(
        content,
        content_type=attached.mimetype,
        headers={"Content-Disposition": f'attachment; filename="{ascii_name(attached.filename)}"'},
    )


def found(name: str) -> mailbox.Delivered:
    """Return the message `name`, or answer 404."""
    delivered = mailbox.read(name)
    if delivered is None:
        raise Http404
    return delivered


def ascii_name(filename: str) -> str:
    """Return `filename` as a header may quote it."""
    return "".join(letter for letter in filename if letter.isalnum() or letter in "._- ")
