"""What this browser has sent: who may correct an address within the hour (rules.md 4)."""

from datetime import timedelta

from django.http import HttpRequest

from credits_portal.lib import clock
from redemption.models import Redemption

SESSION_KEY = "sent_registrations"
AT_MOST = 20
MAY_CORRECT = timedelta(hours=1)


def remember(request: HttpRequest, redemption: Redemption) -> None:
    """Note that this browser sent `redemption`."""
    known = request.session.get(SESSION_KEY, {})
    known.setdefault(str(redemption.pk), clock.now().timestamp())
    request.session[SESSION_KEY] = dict(list(known.items())[-AT_MOST:])


def may_correct(request: HttpRequest, redemption: Redemption) -> bool:
    """Tell whether this browser sent `redemption` within the last hour."""
    moment = request.session.get(SESSION_KEY, {}).get(str(redemption.pk))
    if moment is None:
        return False
    return clock.now().timestamp() - float(moment) < MAY_CORRECT.total_seconds()


def with_key(request: HttpRequest, key: str) -> Redemption | None:
    """Return what this browser already made with the form's `key`: a double click, a way back."""
    known = request.session.get(SESSION_KEY, {})
    return Redemption.objects.filter(key=key, pk__in=[int(pk) for pk in known]).first()
