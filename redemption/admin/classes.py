"""Trainings, their classes, rosters and attendance."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, URLField
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock, formats
from redemption import services
from redemption.exceptions import RedemptionError
from redemption.models import Registration, Training, TrainingSession
from redemption.models.catalogue import TrainingSessionQuerySet

from . import consequences
from .forms import AttendanceForm, MoveForm, NoticeForm, SessionForm, staff
from .roster import as_csv, places_of

# Links that are typed without a scheme.
HTTPS: dict[Any, dict[str, Any]] = {URLField: {"assume_scheme": "https"}}


@admin.register(Training)
class TrainingAdmin(admin.ModelAdmin[Training]):
    """The catalogue."""

    list_display = ["title", "kind", "credits", "language", "is_online", "is_active"]
    list_filter = ["is_active", "kind", "language"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
    formfield_overrides = HTTPS


class RosterInline(admin.TabularInline[Registration, TrainingSession]):
    """Who has a place; changes are made on the registration's own page."""

    model = Registration
    fields = ["name", "email", "status", "credits", "of"]
    readonly_fields = ["name", "email", "status", "credits", "of"]
    verbose_name_plural = _("roster")
    extra = 0
    view_on_site = False
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Fetch the registrations along."""
        return super().get_queryset(request).select_related("redemption", "account")

    @admin.display(description=_("registration"))
    def of(self, place: Registration) -> str:
        """Return reference and account."""
        return f"{place.redemption.reference}, {place.account.name}"

    def has_add_permission(self, *_args: Any) -> bool:
        """Places are made by registering."""
        return False


class ToMark(admin.SimpleListFilter):
    """Classes that are over and not yet marked."""

    title = _("attendance")
    parameter_name = "attendance"

    def lookups(self, *_args: Any) -> list[tuple[str, Any]]:
        """Offer the one list that staff work through."""
        return [("open", _("ended, not yet marked"))]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[TrainingSession],
    ) -> QuerySet[TrainingSession]:
        """Return the ended classes with a place that is neither attended nor missed."""
        if self.value() != "open":
            return queryset
        return queryset.filter(pk__in=TrainingSession.objects.to_mark())


@admin.register(TrainingSession)
class TrainingSessionAdmin(admin.ModelAdmin[TrainingSession]):
    """Classes: their time is changed by moving them, so that everybody is told."""

    change_form_template = "redemption/admin/session.html"
    list_display = ["training", "when", "seats", "seats_left", "status"]
    list_filter = [ToMark, "status", "starts_at", "training"]
    list_select_related = ["training"]
    search_fields = ["training__title", "place"]
    search_help_text = _("Training or place")
    autocomplete_fields = ["training"]
    form = SessionForm
    formfield_overrides = HTTPS
    inlines = [RosterInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:  # noqa: ARG002
        """Ask a new class for its times; show those of an older one in its own zone."""
        details = ["seats", "place", "link", "joining_details"]
        if obj is None:
            return ["training", "starts_at", "ends_at", "time_zone", *details]
        return ["training", "takes_place", "time_zone", *details, "status", "notice"]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:  # noqa: ARG002
        """Show the roster of a class that is there already."""
        return self.inlines if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the programme's zone."""
        return {"time_zone": clock.zone().key, **super().get_changeform_initial_data(request)}

    @admin.display(description=_("takes place"))
    def takes_place(self, session: TrainingSession) -> str:
        """Return start and end in the class's own zone."""
        return formats.span(session.starts_at, session.ends_at, session.zone)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingSession]:
        """Add the seats left."""
        rows = super().get_queryset(request)
        return TrainingSessionQuerySet.with_seats_left(rows)  # type: ignore[arg-type]

    @admin.display(description=_("starts"), ordering="starts_at")
    def when(self, session: TrainingSession) -> str:
        """Return the start in the class's own zone."""
        return str(session)

    @admin.display(description=_("seats left"))
    def seats_left(self, session: Any) -> int:
        """Return the seats left."""
        left: int = session.seats_left
        return left

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002
        """Let only a new class be given its training and time here."""
        times = ["starts_at", "ends_at", "takes_place", "time_zone"]
        return ["training", *times, "status", "notice"] if obj else []

    def save_model(
        self,
        request: HttpRequest,
        obj: TrainingSession,
        form: ModelForm[Any],
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save; whoever is registered is told how to join now."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.save(update_fields=["seats"])
        services.change_joining(
            session=obj, place=obj.place, link=obj.link, details=obj.joining_details
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Classes are called off."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that move, call off and mark, and the roster."""
        views = {
            "move": self.move,
            "cancel": self.call_off,
            "attendance": self.attendance,
            "roster": self.roster,
            "roster.csv": self.roster_csv,
        }
        pages = [
            path(
                f"<path:object_id>/{name}" + ("" if "." in name else "/"),
                self.admin_site.admin_view(view),
                name=f"redemption_trainingsession_{name.replace('.', '_')}",
            )
            for name, view in views.items()
        ]
        return [*pages, *super().get_urls()]

    def find(self, request: HttpRequest, object_id: str) -> TrainingSession:
        """Return the class, if the member of staff may change it."""
        session = self.find_to_read(request, object_id)
        if not self.has_change_permission(request, session):
            raise PermissionDenied
        return session

    def find_to_read(self, request: HttpRequest, object_id: str) -> TrainingSession:
        """Return the class, if the member of staff may look at it."""
        session = self.get_object(request, unquote(object_id))
        if session is None:
            raise Http404("session")
        if not self.has_view_permission(request, session):
            raise PermissionDenied
        return session

    def roster(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the roster, to be printed and signed."""
        session = self.find_to_read(request, object_id)
        context = {"session": session, "places": places_of(session)}
        return TemplateResponse(request, "redemption/admin/roster.html", context)

    def roster_csv(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the roster as a table to be opened elsewhere."""
        return as_csv(self.find_to_read(request, object_id))

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Move a class to another time, once what that does was shown."""
        session = self.find(request, object_id)
        form = MoveForm(request.POST if request.method == "POST" else None, session=session)
        will: list[str] = []
        if form.is_valid():
            given = form.cleaned_data
            if request.POST.get("seen") == form.seen():
                return self.done(request, session, _("Moved"), services.move_session, **given)
            will = consequences.of_moving(session, given["starts_at"], given["ends_at"])
        context = {"will": will, "previewed": True, "cannot": consequences.why_not(session, "move")}
        return self.ask(request, session, form, _("Move"), **context)

    def call_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call a class off; the page says what that does."""
        session = self.find(request, object_id)
        form = NoticeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            given = {"notice": form.cleaned_data["notice"], "actor": staff(request)}
            return self.done(request, session, _("Called off"), services.cancel_session, **given)
        will, cannot = (
            consequences.of_calling_off(session),
            consequences.why_not(session, "end"),
        )
        return self.ask(request, session, form, _("Call off"), will=will, cannot=cannot)

    def attendance(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mark who came; whoever did not is mailed."""
        session = self.find(request, object_id)
        form = AttendanceForm(request.POST if request.method == "POST" else None, session=session)
        if form.is_valid():
            came = {place.pk for place in form.cleaned_data["attended"]}
            run = services.mark_attendance
            return self.done(request, session, _("Attendance marked"), run, attended=came)
        cannot = consequences.why_not(session, "mark")
        return self.ask(request, session, form, _("Mark attendance"), cannot=cannot)

    def done(
        self, request: HttpRequest, session: TrainingSession, title: Any, run: Any, **given: Any
    ) -> HttpResponse:
        """Do it, write it into the history, and go back to the class."""
        try:
            run(session=session, **given)
        except RedemptionError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.log_change(request, session, f"{title}: {given.get('notice', '')}".rstrip(": "))
            self.message_user(request, _("Done: %s.") % title, messages.SUCCESS)
        return redirect("admin:redemption_trainingsession_change", session.pk)

    def ask(
        self,
        request: HttpRequest,
        session: TrainingSession,
        form: forms.Form,
        title: Any,
        **context: Any,
    ) -> HttpResponse:
        """Render the page of a task: `will` says what it does, `cannot` why it does nothing."""
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": session,
            "title": title,
            "form": form,
            **context,
        }
        return TemplateResponse(request, "redemption/admin/task.html", shown)
