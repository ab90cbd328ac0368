"""What payment providers told, what is not applied yet, and why."""

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from purchasing.models import ProviderEvent
from purchasing.services import events

from .common import ReadOnlyAdmin


class StateFilter(admin.SimpleListFilter):
    """Whether an event is applied, waits, or was tried in vain."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("waiting", _("Waiting")), ("trouble", _("In trouble")), ("applied", _("Applied"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProviderEvent]
    ) -> QuerySet[ProviderEvent]:
        """Return the events of the chosen state."""
        waiting = queryset.filter(applied_at=None)
        chosen = {
            "waiting": waiting,
            "trouble": waiting.exclude(error=""),
            "applied": queryset.exclude(applied_at=None),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """Each message of the card provider, with what came of it; one that waits can be tried now."""

    list_display = ["received_at", "kind", "object_id", "order", "state", "attempts", "error"]
    list_filter = [StateFilter, "kind"]
    list_select_related = ["order"]
    search_fields = ["external_id", "object_id", "order__number"]
    search_help_text = gettext_lazy("The provider's id of the message or its object, or an order")
    date_hierarchy = "received_at"
    show_full_result_count = False
    actions = ["try_again"]

    @admin.display(description=gettext_lazy("state"), ordering="applied_at")
    def state(self, event: ProviderEvent) -> str:
        """Return whether the event is applied, waits, or was tried in vain."""
        if event.applied_at:
            return _("applied")
        return _("in trouble") if event.error else _("waiting")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may have events tried now."""
        return request.user.has_perm("purchasing.change_providerevent")

    @admin.action(description=gettext_lazy("Try again now"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ProviderEvent]) -> None:
        """Have the chosen events applied now, those that are applied left alone."""
        tried = sum(events.retry(event=event) for event in queryset)
        text = ngettext("%d event is tried again.", "%d events are tried again.", tried)
        level = messages.SUCCESS if tried else messages.WARNING
        self.message_user(request, text % tried, level)
