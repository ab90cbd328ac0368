"""The page of all that does not add up between money, orders and credits."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from purchasing.reconciliation import findings

from .common import staff
from .order_pages import OrderPages


class ReconciliationPage(OrderPages):
    """Adds the page to the orders."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.reconciliation)
        return [
            path("reconciliation/", view, name="purchasing_order_reconciliation"),
            *super().get_urls(),
        ]

    def reconciliation(self, request: HttpRequest) -> HttpResponse:
        """Show what staff must look at, each with what to do."""
        if not staff(request).has_perm("purchasing.view_payment"):
            raise PermissionDenied
        title = _("Reconciliation")
        return self.page(request, None, "reconciliation", title, findings=findings())
