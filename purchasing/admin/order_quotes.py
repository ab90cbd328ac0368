"""Quotes that staff make in a customer's name (rules.md 9)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from accounts.models import User
from purchasing.exceptions import PurchasingError
from purchasing.forms import CustomerQuoteForm
from purchasing.models import Order, TaxRule
from purchasing.pricing import quote, tax_on
from purchasing.services import Billing, Purchase, account_named, quote_for_customer

from .common import staff
from .order_pages import OrderPages, change_page, sent


class QuotePages(OrderPages):
    """The page by which staff make a quote for a customer."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        page = self.admin_site.admin_view(self.new_quote)
        return [path("quote/", page, name="purchasing_order_quote"), *super().get_urls()]

    def new_quote(self, request: HttpRequest) -> HttpResponse:
        """Make a quote in a customer's name, after showing price, advice and account."""
        if not staff(request).has_perm("purchasing.add_order"):
            raise PermissionDenied
        form = CustomerQuoteForm(sent(request))
        shown: dict[str, Any] = {}
        try:
            if form.is_valid():
                shown = shown_before(form.cleaned_data)
                if request.POST.get("seen") == form.seen(shown["total"]):
                    return self._make(request, form)
                shown["seen"] = form.seen(shown["total"])
        except PurchasingError as refusal:
            form.add_error(None, str(refusal))
        title = _("Quote for a customer")
        return self.page(request, None, "quote", title, form=form, shown=shown)

    def _make(self, request: HttpRequest, form: CustomerQuoteForm) -> HttpResponse:
        data = form.cleaned_data
        order = quote_for_customer(
            email=data["email"],
            name=data["name"],
            purchase=Purchase(
                credits=data["credits"],
                method=Order.Method.TRANSFER,
                billing=Billing(**form.billing()),
                new_account_name=data["account_name"],
            ),
            staff=staff(request),
            key=str(data["key"]),
        )
        messages.success(
            request,
            _("Quote %(number)s is on its way to %(email)s.")
            % {"number": order.number, "email": data["email"]},
        )
        return redirect(change_page(order))


def shown_before(data: dict[str, Any]) -> dict[str, Any]:
    """Return what the quote will say, and whom it is for. Raises NoPrice."""
    price = quote(data["credits"])
    tax = tax_on(price.net, TaxRule.objects.of(data["country"]).rate)
    customer = User.objects.filter(email=data["email"]).first()
    return {
        "quote": price,
        "tax": tax,
        "total": price.net + tax,
        "customer": customer,
        "account": account_named(customer, data["account_name"]),
    }
