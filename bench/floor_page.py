"""The floor of a page: signed in, three queries, some 20 KB; nothing else of the portal.

It stands for settings and addresses: `DJANGO_SETTINGS_MODULE=bench.floor_page`.
"""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from credits_portal.settings import *  # noqa: F403

ROOT_URLCONF = "bench.floor_page"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth insists
]
ROWS = 120
PAGE = """<!doctype html><title>Floor</title><p>{{ user.email }}</p><table>{% for row in rows %}
<tr><td>{{ row.number }}</td><td>{{ row.kind }}</td><td>{{ row.effective_at }}</td>
<td>{{ row.reason }}</td><td>{{ row.credits }}</td><td>{{ row.key }}</td><td>{{ row.actor }}</td>
</tr>{% endfor %}</table>"""


def page(request: HttpRequest) -> HttpResponse:
    """Read the session, the user and some rows; write them down."""
    from accounts.models import LedgerEntry  # noqa: PLC0415 (once these settings are read)

    rows = LedgerEntry.objects.order_by("-id")[:ROWS]
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"user": request.user, "rows": rows}))


urlpatterns = [path("", page)]
