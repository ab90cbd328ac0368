"""The papers: found by their number, downloaded, never edited."""

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from purchasing.models import Document, Order
from purchasing.views.documents import as_response

from .common import ReadOnlyAdmin


@admin.display(description=gettext_lazy("PDF"))
def pdf(document: Document) -> str:
    """Return the link to the paper."""
    url = reverse("admin:purchasing_document_paper", args=[document.pk])
    return format_html('<a href="{}">{}</a>', url, _("Download %(number)s") % {"number": document})


class DocumentInline(admin.TabularInline[Document, Order]):
    """The papers on the page of their order."""

    model = Document
    extra = 0
    can_delete = False
    readonly_fields = ("kind", "issued_at", "replaced_at", "paper")
    fields = readonly_fields

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Papers are issued by services."""
        return False

    @admin.display(description=gettext_lazy("PDF"))
    def paper(self, document: Document) -> str:
        """Return the link to the paper."""
        return pdf(document)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Every paper that was issued."""

    list_display = ["number", "kind", "order", "issued_at", "replaced_at", pdf]
    list_filter = ["kind", "issued_at"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number", "order__account__name", "order__po_number"]
    search_help_text = gettext_lazy("Number of the paper or order, account, PO number")
    date_hierarchy = "issued_at"

    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        """Show where the paper stands, not its facts: those are drawn."""
        return ["number", "kind", "order", "refund", "issued_at", "replaced_at", pdf]

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        """Show everything as it is."""
        return self.get_fields(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the paper itself."""
        paper = self.admin_site.admin_view(self.paper)
        return [
            path("<int:pk>/paper/", paper, name="purchasing_document_paper"),
            *super().get_urls(),
        ]

    def paper(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give staff the paper."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return as_response(get_object_or_404(Document.objects.select_related("order"), pk=pk))
