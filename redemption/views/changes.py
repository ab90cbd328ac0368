"""Changes behind the registrant's link: GET shows what a change does, POST does it."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from redemption import returned
from redemption.exceptions import NothingToChange, ParticipantTaken, RedemptionError
from redemption.forms import AddressForm, DateForm, ReplaceForm
from redemption.models import Redemption, Registration
from redemption.services import (
    Person,
    cancel,
    change_date,
    correct_address,
    correct_participant,
    give_up,
    replace,
)

from .registrations import actor_of, find_places, find_redemption, may_correct

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@get_or_post
def cancel_places(request: HttpRequest, token: str) -> HttpResponse:
    """Show what returns and until when it lasts; POST cancels (rules.md 6)."""
    redemption = find_redemption(token)
    current = find_places(request, redemption)
    places = [place for place in current if place.can_cancel]
    if not places:
        late = _("The last moment to cancel has passed.")
        return back(request, redemption, late if current else str(NothingToChange()))
    if request.method == "POST":
        return cancelled(request, redemption, places)
    parts = returned.preview(places)
    credits = sum(place.credits for place in places)
    context = {
        "redemption": redemption,
        "training": redemption.training,
        "places": places,
        "credits": credits,
        "returned": parts,
        "taken": credits - sum(part.credits for part in parts),
        "closing": Registration.closing_first(places),
    }
    return render(request, "redemption/cancel.html", context)


def back(request: HttpRequest, redemption: Redemption, refusal: str) -> HttpResponse:
    """Return to the registration with the reason of a refusal."""
    messages.error(request, refusal)
    return redirect(redemption)


def cancelled(
    request: HttpRequest, redemption: Redemption, places: Sequence[Registration]
) -> HttpResponse:
    """Cancel the places."""
    try:
        cancel(redemption=redemption, places=places, actor=actor_of(request, redemption))
    except RedemptionError as error:
        return back(request, redemption, str(error))
    messages.success(request, _("Cancelled. The mail says which credits returned."))
    return redirect(redemption)


@never_cache
@get_or_post
def give_up_place(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then free the seat of a place past its cut-off."""
    redemption = find_redemption(token)
    place = one_place(request, redemption)
    if place is None:
        return back(request, redemption, str(NothingToChange()))
    if request.method != "POST":
        context = {"redemption": redemption, "training": redemption.training, "place": place}
        return render(request, "redemption/give_up.html", context)
    try:
        give_up(redemption=redemption, place=place, actor=actor_of(request, redemption))
    except RedemptionError as error:
        return back(request, redemption, str(error))
    messages.success(request, _("The seat is free for somebody else. No credits returned."))
    return redirect(redemption)


def one_place(request: HttpRequest, redemption: Redemption) -> Registration | None:
    """Return the one place that `?place=` names, None where it is over, or raise Http404."""
    places = find_places(request, redemption)
    if len(places) > 1:
        raise Http404("place")
    return places[0] if places else None


@never_cache
@get_or_post
def another_date(request: HttpRequest, token: str) -> HttpResponse:
    """Offer the other dates with seats; POST moves the places in one step."""
    redemption = find_redemption(token)
    current = find_places(request, redemption)
    places = [place for place in current if place.can_cancel]
    if not places or not redemption.training.is_live:
        late = _("The last moment to change the date has passed.")
        return back(request, redemption, late if current else str(NothingToChange()))
    form = DateForm(
        request.POST if request.method == "POST" else None, redemption=redemption, places=places
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_date(
                redemption=redemption,
                places=places,
                session=form.cleaned_data["session"],
                actor=actor_of(request, redemption),
            )
        except RedemptionError as error:
            form.add_error("session", str(error))
        else:
            messages.success(
                request, _("The date is changed. New calendar files are on their way.")
            )
            return redirect(redemption)
    lost = [part for part in returned.preview(places) if part.expired]
    context = {"redemption": redemption, "form": form, "places": places, "lost": lost}
    return render(request, "redemption/change_date.html", context)


@never_cache
@get_or_post
def replace_participant(request: HttpRequest, token: str) -> HttpResponse:
    """Ask who takes the place over; POST passes it on."""
    redemption = find_redemption(token)
    place = one_place(request, redemption)
    if place is None:
        return back(request, redemption, str(NothingToChange()))
    form = ReplaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            replace(redemption=redemption, place=place, person=Person(**form.cleaned_data))
        except ParticipantTaken as error:
            form.add_error("email", str(error))
        except RedemptionError as error:
            return back(request, redemption, str(error))
        else:
            messages.success(request, _("The place is passed on. Everybody concerned is told."))
            return redirect(redemption)
    context = {"redemption": redemption, "form": form, "place": place}
    return render(request, "redemption/replace.html", context)


@never_cache
@get_or_post
def correct(request: HttpRequest, token: str) -> HttpResponse:
    """Put the registrant's, or with `?place=` a participant's, address right."""
    redemption = find_redemption(token)
    if not may_correct(request, redemption):
        raise Http404("correct")
    place = one_place(request, redemption) if "place" in request.GET else None
    if place is None and "place" in request.GET:
        return back(request, redemption, str(NothingToChange()))
    form = AddressForm(
        request.POST if request.method == "POST" else None,
        initial={"email": (place or redemption).email},
    )
    if request.method == "POST" and form.is_valid():
        try:
            return corrected(request, redemption, place, form.cleaned_data["email"])
        except RedemptionError as error:
            form.add_error("email", str(error))
    context = {"redemption": redemption, "form": form, "place": place}
    return render(request, "redemption/correct.html", context)


def corrected(
    request: HttpRequest, redemption: Redemption, place: Registration | None, email: str
) -> HttpResponse:
    """Change the address; the registrant's own page then has another link."""
    if place is not None and place.email != redemption.email:
        correct_participant(place=place, email=email)
    else:
        redemption = correct_address(redemption=redemption, email=email)
    messages.success(request, _("The address is corrected. The old link no longer opens anything."))
    return redirect(redemption)
