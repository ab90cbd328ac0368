"""The monthly statement: a delegate asks for it, whoever gets it stops it with one click."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import posts_from, signed_in, visible_account
from reports import subscriptions


@posts_from("reports:months")
def choose(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let a delegate begin or stop the monthly statement; owners have it in their settings."""
    account = visible_account(request, public_id)
    wanted = request.POST.get("wanted") == "1"
    subscriptions.choose(account=account, email=signed_in(request).email, wanted=wanted)
    text = (
        _("You get the statement of each month by mail.")
        if wanted
        else _("You get no more monthly statements.")
    )
    messages.success(request, text)
    return redirect("reports:months", account.public_id)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the statements shall stop; a POST, also a one-click one, stops them."""
    subscription = subscriptions.subscription_of(token)
    if subscription is None:
        raise Http404("subscription")
    if request.method == "POST":
        subscriptions.stop(subscription=subscription)
    context = {"subscription": subscription, "done": request.method == "POST"}
    return render(request, "reports/stop_statement.html", context)
