"""Registrations, found by whatever a customer can quote."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from redemption import services
from redemption.exceptions import RedemptionError
from redemption.models import Redemption, Registration

from . import consequences
from .forms import NoticeForm, staff

PLACE_FIELDS = ["name", "email", "status", "credits", "session", "note", "tools"]


class PlaceInline(admin.TabularInline[Registration, Redemption]):
    """The participants of a registration."""

    model = Registration
    fields = [*PLACE_FIELDS]
    readonly_fields = PLACE_FIELDS
    fk_name = "redemption"
    extra = 0
    view_on_site = False
    can_delete = False

    def has_add_permission(self, *_args: Any) -> bool:
        """Places are made by registering."""
        return False

    @admin.display(description=_("action"))
    def tools(self, place: Registration) -> str | SafeString:
        """Link to the return of a missed place's credits."""
        if place.status != Registration.Status.MISSED:
            return ""
        url = reverse("admin:redemption_redemption_return", args=[place.redemption_id, place.pk])
        return format_html('<a href="{}">{}</a>', url, _("Return the credits"))


@admin.register(Redemption)
class RedemptionAdmin(admin.ModelAdmin[Redemption]):
    """Registrations: found by reference, address or passkey; changed on their own page."""

    change_form_template = "redemption/admin/redemption.html"
    list_display = ["reference", "name", "email", "training", "status", "credits", "submitted_at"]
    list_filter = ["status", "submitted_at"]
    list_select_related = ["training"]
    search_fields = [
        "reference__iexact",
        "email",
        "name",
        "registrations__email",
        "passkey__last_four__iexact",
        "account__name",
    ]
    search_help_text = _("Reference, name, address, or the last four characters of a passkey")
    show_full_result_count = False
    fields = [
        "reference",
        "status",
        ("name", "email"),
        "account",
        "passkey",
        ("training", "session"),
        ("credits", "cost_centre"),
        "note",
        ("submitted_at", "decide_by", "confirmed_at", "ended_at"),
        "outcome_note",
    ]
    readonly_fields = [
        "reference",
        "status",
        "name",
        "email",
        "account",
        "passkey",
        "training",
        "session",
        "credits",
        "cost_centre",
        "note",
        "submitted_at",
        "decide_by",
        "confirmed_at",
        "ended_at",
        "outcome_note",
    ]
    inlines = [PlaceInline]

    def view_on_site(self, redemption: Redemption) -> str | None:
        """Lead to the registration's page, where staff change it, if its link is known."""
        return redemption.get_absolute_url() if redemption.has_link else None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Registrations are sent with a passkey."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Registrations stay: their ledger entries do."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the page that returns a missed place's credits."""
        page = path(
            "<int:pk>/places/<int:place>/return/",
            self.admin_site.admin_view(self.return_view),
            name="redemption_redemption_return",
        )
        return [page, *super().get_urls()]

    def return_view(self, request: HttpRequest, pk: int, place: int) -> HttpResponse:
        """Ask for the reason; a POST returns the credits of a missed place."""
        redemption = self.get_object(request, str(pk))
        found = Registration.objects.filter(pk=place, redemption=pk).first()
        if redemption is None or found is None:
            raise Http404("place")
        if not self.has_change_permission(request, redemption):
            raise PermissionDenied
        form = NoticeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._return(request, redemption, found, form.cleaned_data["notice"])
            return redirect("admin:redemption_redemption_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": redemption,
            "title": _("Return the credits"),
            "form": form,
            "will": consequences.of_returning(found),
        }
        return TemplateResponse(request, "redemption/admin/task.html", context)

    def _return(
        self, request: HttpRequest, redemption: Redemption, place: Registration, reason: str
    ) -> None:
        """Return the credits, or say why not."""
        try:
            services.return_credits(
                redemption=redemption, place=place, actor=staff(request), reason=reason
            )
        except RedemptionError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.log_change(request, redemption, f"Credits of {place} returned: {reason}")
            self.message_user(request, _("The credits are back."), messages.SUCCESS)
