"""The owner's list of an account's registrations."""

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import owned_account, visible_account
from credits_portal.lib.pages import page_of
from redemption.models import Redemption, Registration


@never_cache
@login_required
@require_safe
def account_registrations(request: HttpRequest, public_id: str) -> HttpResponse:
    """List who registered for what, newest first; delegates see it too, the owner can open it."""
    account = visible_account(request, public_id)
    places = Registration.objects.filter(replaced_by=None)
    rows = (
        Redemption.objects.filter(account=account)
        .select_related("training", "session")
        .prefetch_related(Prefetch("registrations", places, to_attr="places"))
    )
    page = page_of(request, rows)
    for redemption in page.object_list:
        redemption.count_returned(redemption.places)
    context = {
        "account": account,
        "page": page,
        "is_owner": account.is_owned_by(request.user),
    }
    return render(request, "redemption/account_registrations.html", context)


@never_cache
@login_required
@require_safe
def open_registration(request: HttpRequest, public_id: str, reference: str) -> HttpResponse:
    """Lead the owner to a registration's page, where it can be changed and cancelled."""
    account = owned_account(request, public_id)
    redemption = get_object_or_404(Redemption, account=account, reference=reference)
    if not redemption.has_link:
        raise Http404("link")
    return redirect(redemption)
