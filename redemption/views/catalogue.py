"""What credits buy: the catalogue and each training's page. Nobody signs in here."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from credits_portal.lib import clock
from credits_portal.lib.pages import page_of
from redemption import deadlines
from redemption.forms import FilterForm
from redemption.models import Training, TrainingSession
from redemption.models.catalogue import TrainingQuerySet


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the trainings on offer that match the filters."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return render(request, "redemption/catalogue.html", {"form": form}, status=400)
    dates = TrainingSession.objects.upcoming().with_room()
    trainings = filtered(Training.objects.offered(), form.cleaned_data)
    trainings = trainings.prefetch_related(Prefetch("sessions", dates, to_attr="open_dates"))
    context = {"form": form, "page": page_of(request, trainings), "filtered": any(request.GET)}
    return render(request, "redemption/catalogue.html", context)


def filtered(trainings: TrainingQuerySet, wanted: dict[str, Any]) -> TrainingQuerySet:
    """Return the trainings that the cleaned filters ask for."""
    if wanted["text"]:
        text = wanted["text"]
        trainings = trainings.filter(
            Q(title__icontains=text) | Q(summary__icontains=text) | Q(contents__icontains=text)
        )
    for name in ("kind", "language"):
        if wanted[name]:
            trainings = trainings.filter(**{name: wanted[name]})
    if wanted["month"]:
        dates = in_month(wanted["month"])
        trainings = trainings.filter(pk__in=dates.values("training"))
    return trainings


def in_month(month: str) -> Any:
    """Return the upcoming dates of "2026-03", in the programme's zone."""
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return (
        TrainingSession.objects.upcoming()
        .filter(starts_at__gte=clock.start_of(first), starts_at__lt=clock.start_of(following))
        .order_by()
    )


@require_safe
def training(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one training with its dates, seats and price."""
    found = get_object_or_404(Training.objects.offered(), slug=slug)
    context = {
        "training": found,
        "dates": found.sessions.upcoming().with_seats_left(),
        "cancel_days": deadlines.cancel_window().days,
    }
    return render(request, "redemption/training.html", context)
