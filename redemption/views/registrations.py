"""The pages behind secret links: the registrant's, of all places, and each participant's own."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.services import Approver, deciders_of
from credits_portal.outbox.services import too_many
from redemption import calendars, drafts, sent
from redemption.exceptions import RedemptionError
from redemption.forms import AddressForm
from redemption.models import Redemption, Registration
from redemption.services import finish, mail_links, start, withdraw

RELATED = ("training", "session", "account__owner")


def find_redemption(token: str) -> Redemption:
    """Return what the registrant's link opens, or raise Http404."""
    redemption: Redemption | None = Redemption.objects.select_related(*RELATED).for_token(token)
    if redemption is None:
        raise Http404("link")
    return redemption


def places_of(redemption: Redemption) -> list[Registration]:
    """Return the places in the order of the form; those that were passed on say `is_replaced`."""
    related = ("training", "session", "redemption", "replaces", "entry")
    places = list(redemption.registrations.select_related(*related))
    replaced = {place.replaces_id for place in places}
    for place in places:
        place.is_replaced = place.pk in replaced
    return places


def find_places(request: HttpRequest, redemption: Redemption) -> list[Registration]:
    """Return the places that wait or are booked: the one that `?place=` names, or all.

    None of them where that is over: a double click, or a page left open. Raises Http404 for a
    place of another registration.
    """
    places = places_of(redemption)
    wanted = request.GET.get("place")
    if wanted is not None:
        places = [place for place in places if str(place.pk) == wanted]
    if not places:
        raise Http404("place")
    return [place for place in places if place.is_live]


def actor_of(request: HttpRequest, redemption: Redemption) -> User | str:
    """Return the owner or the staff signed in, else the registration itself: never an address."""
    user = request.user
    if isinstance(user, User) and (redemption.account.is_owned_by(user) or is_staff(user)):
        return user
    return f"registration:{redemption.pk}"


def is_staff(user: User) -> bool:
    """Tell whether `user` works on registrations for the programme."""
    return user.is_staff and user.has_perm("redemption.change_redemption")


def may_correct(request: HttpRequest, redemption: Redemption) -> bool:
    """Tell who may put an address right: the sender for an hour, later owner or staff."""
    return isinstance(actor_of(request, redemption), User) or sent.may_correct(request, redemption)


@never_cache
@require_safe
def registration(request: HttpRequest, token: str) -> HttpResponse:
    """Show a registration to whoever sent it, or a place to its participant."""
    redemption = Redemption.objects.select_related(*RELATED).for_token(token)
    if redemption is None:
        return own_place(request, token)
    places = places_of(redemption)
    current = [place for place in places if place.is_live]
    redemption.count_returned(places)
    context = {
        "redemption": redemption,
        "training": redemption.training,
        "session": redemption.session,
        "places": places,
        "current": current,
        "cancellable": [place for place in current if place.can_cancel],
        "closing": Registration.closing_first(current),
        "approvers": approvers_shown(redemption),
        "may_correct": may_correct(request, redemption),
        "token": token,
    }
    return render(request, "redemption/registration.html", context)


def approvers_shown(redemption: Redemption) -> list[Approver]:
    """Return who can decide while it waits."""
    if not redemption.is_pending:
        return []
    return deciders_of(redemption.account, senders=redemption.senders)


def own_place(request: HttpRequest, token: str) -> HttpResponse:
    """Show a participant the own place: status and joining details, nothing to cancel."""
    place = find_place(token)
    context = {
        "place": place,
        "redemption": place.redemption,
        "training": place.training,
        "session": place.session,
        "token": token,
    }
    return render(request, "redemption/place.html", context)


def find_place(token: str) -> Registration:
    """Return the place that a participant's own link opens, or raise Http404."""
    places = Registration.objects.select_related("training", "session", "redemption")
    place: Registration | None = places.for_token(token)
    if place is None:
        raise Http404("link")
    return place


@never_cache
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Return the calendar file of a place in a class."""
    redemption = Redemption.objects.for_token(token)
    places = find_places(request, redemption) if redemption else [find_place(token)]
    place = next((each for each in places if each.is_seated), None)
    if place is None or place.session is None:
        raise Http404("session")
    response = HttpResponse(calendars.event(place), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="training.ics"'
    return response


@require_POST
def take_back(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw a waiting request."""
    redemption = find_redemption(token)
    try:
        withdraw(redemption=redemption, actor=actor_of(request, redemption))
    except RedemptionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The request is taken back. Nothing was spent."))
    return redirect(redemption)


@require_POST
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """Start an on-demand training."""
    place = place_for_course(token)
    try:
        start(place=place)
    except RedemptionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Access has started. The link to the course is below."))
    return redirect("redemption:registration", token=token)


@require_POST
def complete(request: HttpRequest, token: str) -> HttpResponse:
    """Finish an on-demand training."""
    place = place_for_course(token)
    try:
        finish(place=place)
    except RedemptionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Well done. The course is marked as finished."))
    return redirect("redemption:registration", token=token)


def place_for_course(token: str) -> Registration:
    """Return the participant's own place, or the registrant's own one behind the other link."""
    redemption = Redemption.objects.for_token(token)
    if redemption is None:
        return find_place(token)
    own = [place for place in places_of(redemption) if place.email == redemption.email]
    if not own:
        raise Http404("place")
    return own[-1]


@require_POST
def ask_again(request: HttpRequest, token: str) -> HttpResponse:
    """Open the form with an ended request's details; the passkey is asked again."""
    redemption = find_redemption(token)
    draft = drafts.again(redemption)
    draft.save(request.session)
    path = reverse("redemption:register", args=[redemption.training.slug])
    return redirect(f"{path}?draft={draft.key}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Mail the links of an address; the reply is the same for everyone (rules.md 4)."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not too_many("redemption.links", email):
            mail_links(email=email, language=request.LANGUAGE_CODE)
        return render(request, "redemption/links_sent.html", {"email": email})
    return render(request, "redemption/find.html", {"form": form})
