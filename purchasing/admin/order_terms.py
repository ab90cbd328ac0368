"""What staff may change of an order: its due date, its quote, its end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from credits_portal.lib import formats
from purchasing.exceptions import PurchasingError
from purchasing.forms import AskForm, DueDateForm, RenewForm
from purchasing.services import (
    cancel_order,
    price_today,
    renew_quote,
    reopen_order,
    set_due_date,
)
from purchasing.services.quotes import first_due_date

from .common import staff
from .order_pages import OrderPages, change_page, sent


class TermPages(OrderPages):
    """The pages by which staff steer an order that is not paid."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/cancel/", view(self.cancel), name="purchasing_order_cancel"),
            path("<int:pk>/due-date/", view(self.due_date), name="purchasing_order_due_date"),
            path("<int:pk>/reopen/", view(self.reopen), name="purchasing_order_reopen"),
            path("<int:pk>/renew/", view(self.renew), name="purchasing_order_renew"),
            *super().get_urls(),
        ]

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once, then cancel an order that is not paid."""
        order = self.allowed(request, pk, "change_order")
        actor = staff(request)
        return self.ask(
            request,
            order,
            title=_("Cancel the order"),
            lead=_("The customer is told. Money that arrived already is listed for refund."),
            form=AskForm(sent(request)),
            act=lambda _said: cancel_order(order=order, actor=actor),
        )

    def due_date(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the order a due date of its own."""
        order = self.allowed(request, pk, "change_order")
        return self.ask(
            request,
            order,
            title=_("Set the due date"),
            lead=_("An invoice that is out already is issued anew and mailed to the customer."),
            form=DueDateForm(sent(request), initial={"due_on": first_due_date(order)}),
            act=lambda said: set_due_date(order=order, **said),
        )

    def reopen(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take up an order that was cancelled or has expired."""
        order = self.allowed(request, pk, "change_order")
        actor = staff(request)
        return self.ask(
            request,
            order,
            title=_("Open the order again"),
            lead=_(
                "It keeps its price, %(total)s. The customer is mailed a new invoice. Money that "
                "came meanwhile counts."
            )
            % {"total": formats.money(order.total)},
            form=DueDateForm(sent(request)),
            act=lambda said: reopen_order(order=order, actor=actor, **said),
        )

    def renew(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Issue a quote again at today's price."""
        order = self.allowed(request, pk, "change_order")
        actor = staff(request)
        try:
            _price, total = price_today(order)
        except PurchasingError:
            return redirect(change_page(order))
        return self.ask(
            request,
            order,
            title=_("Issue the quote again"),
            lead=_("At today’s price, %(total)s, for another period. The customer is mailed.")
            % {"total": formats.money(total)},
            form=RenewForm(sent(request), initial={"total": total}),
            act=lambda said: renew_quote(order=order, actor=actor, **said),
        )
