"""The mail log: read-only, with a resend."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import registry, services
from .models import OutboundMail


class NameFilter(admin.SimpleListFilter):
    """Filters by the kind of mail; the kinds come from the registry, not from the rows."""

    title = _("mail")
    parameter_name = "name"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002
        model_admin: admin.ModelAdmin[OutboundMail],  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return every kind of mail."""
        return [(name, name) for name in registry.names()]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[OutboundMail],
    ) -> QuerySet[OutboundMail]:
        """Return the mails of the chosen kind."""
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(OutboundMail)
class OutboundMailAdmin(admin.ModelAdmin[OutboundMail]):
    """What was mailed to whom, how far it has come, and why it failed. Codes are never shown."""

    change_form_template = "outbox/admin/mail.html"
    list_display = ["created_at", "recipient", "name", "subject", "state", "attempts", "sent_at"]
    list_display_links = ["created_at", "recipient"]
    list_filter = ["state", NameFilter, "created_at"]
    search_fields = ["recipient", "about", "key", "subject", "message_id"]
    search_help_text = _("Address, subject, Message-ID, account:12 or redemption:34")
    list_per_page = 50
    show_full_result_count = False
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["recipient", "name", "subject", "language", "about", "has_secret"]}),
        (
            _("Delivery"),
            {
                "fields": [
                    "state",
                    "attempts",
                    "error",
                    "created_at",
                    "queued_at",
                    "next_try_at",
                    "give_up_at",
                    "sent_at",
                    "message_id",
                ]
            },
        ),
        (_("Source"), {"fields": ["key", "params"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Mails are queued by what owes them only."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: OutboundMail | None = None,  # noqa: ARG002
    ) -> bool:
        """Change nothing here; resending has a permission of its own."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: OutboundMail | None = None,  # noqa: ARG002
    ) -> bool:
        """Keep the log."""
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may send mails again."""
        return request.user.has_perm("outbox.resend_outboundmail")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a mail; its one button sends it again."""
        if request.method == "POST":
            if not self.has_resend_permission(request):
                raise PermissionDenied
            self.send_again(request, OutboundMail.objects.filter(pk=unquote(object_id)))
            return redirect("admin:outbox_outboundmail_change", object_id)
        context = {"may_resend": self.has_resend_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboundMail]) -> None:
        """Queue the chosen mails again; say how many could not be."""
        chosen = list(queryset)
        again = [mail for mail in chosen if services.resend(mail=mail)]
        for mail in again:
            self.log_change(request, mail, "Sent again.")
        if again:
            text = ngettext("%d mail is sent again.", "%d mails are sent again.", len(again))
            self.message_user(request, text % len(again), messages.SUCCESS)
        left = len(chosen) - len(again)
        if left:
            text = ngettext(
                "%d mail stays as it is: it is on its way, or its code is gone and the person "
                "asks for a new one.",
                "%d mails stay as they are: on their way, or their codes are gone and the people "
                "ask for new ones.",
                left,
            )
            self.message_user(request, text % left, messages.WARNING)
