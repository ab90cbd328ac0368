"""The books in the administration: five pages to read and to download, nothing to change."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from reports.exports import csv_response, file_name, xlsx_response
from reports.models import Books

from .forms import Asked
from .pages import REPORTS, Report

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

RESPONSES = {"csv": csv_response, "xlsx": xlsx_response}


@admin.register(Books)
class BooksAdmin(admin.ModelAdmin[Books]):
    """What the vendor owes in training, what it earned, and what is about to end."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Books are computed."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Books are computed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Books are computed."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return a page for each report; the first one is the books' own."""
        pages = [self._url(f"{report.name}/", report, report.name) for report in REPORTS]
        return [self._url("", REPORTS[0], "changelist"), *pages]

    def _url(self, route: str, report: Report, name: str) -> URLPattern:
        view = self.admin_site.admin_view(partial(self.report_view, report=report))
        return path(route, view, name=f"reports_books_{name}")

    def report_view(self, request: HttpRequest, report: Report) -> HttpResponseBase:
        """Show a report, or send it as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = report.form.of(request.GET)
        if not form.is_valid():
            return self._page(request, report, form, status=400)
        send = RESPONSES.get(request.GET.get("format", ""))
        if send is not None:
            span = report.span(form.cleaned_data)
            name = file_name("books", report.name, *span, ending=request.GET["format"])
            return send(report.table(form.cleaned_data), name)
        return self._page(request, report, form)

    def _page(
        self, request: HttpRequest, report: Report, form: Asked, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": report.title,
            "report": report,
            "reports": REPORTS,
            "form": form,
        }
        if form.is_valid():
            try:
                context["shown"] = report.show(form.cleaned_data, request.GET.get("page", ""))
            except InvalidPage as error:
                raise Http404("page") from error
        return TemplateResponse(request, "reports/admin/books.html", context, status=status)
