"""What the pages about one order share: the right, the look, and asking before anything is done."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from purchasing.exceptions import PurchasingError
from purchasing.models import Order

from .common import ReadOnlyAdmin, staff


class OrderPages(ReadOnlyAdmin):
    """Pages that do one thing to one order."""

    def allowed(self, request: HttpRequest, pk: int, permission: str) -> Order:
        """Return the order for whoever may do this to orders."""
        if not staff(request).has_perm(f"purchasing.{permission}"):
            raise PermissionDenied
        order: Order = get_object_or_404(Order.objects.select_related("account__owner"), pk=pk)
        return order

    def page(
        self, request: HttpRequest, order: Order | None, name: str, title: str, **context: Any
    ) -> HttpResponse:
        """Show a page of the back office about the order."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": order,
            "title": title,
            "subtitle": order.number if order else "",
            **context,
        }
        return TemplateResponse(request, f"purchasing/admin/{name}.html", context)

    def ask(
        self,
        request: HttpRequest,
        order: Order,
        *,
        title: str,
        lead: str,
        form: forms.Form,
        act: Callable[[dict[str, Any]], object],
    ) -> HttpResponse:
        """Ask what `form` wants to know; once sent, do `act`, note it in the history, go back."""
        if request.method != "POST" or not form.is_valid():
            return self.page(request, order, "task", title, form=form, lead=lead)
        try:
            act(form.cleaned_data)
        except PurchasingError as refusal:
            messages.error(request, str(refusal))
        else:
            said = "; ".join(str(value) for value in form.cleaned_data.values())
            self.log_change(request, order, f"{title}: {said}" if said else title)
            messages.success(request, _("Done: %(title)s.") % {"title": title})
        return redirect(change_page(order))


def sent(request: HttpRequest) -> Any:
    """Return what was posted, for a form; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def change_page(order: Order) -> str:
    """Return the address of the order's page."""
    return reverse("admin:purchasing_order_change", args=[order.pk])
