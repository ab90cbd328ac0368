"""Everything about an account on one page, and the adjustments of its credits."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.ledger import LedgerError, balance
from accounts.models import User
from accounts.services.adjustments import is_adjusted

from . import staff_queries
from .adjustments import ADJUSTMENTS
from .books import admin as books_admin  # noqa: F401  # registers its pages
from .forms import AdjustForm
from .models import AccountOverview

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002


@admin.register(AccountOverview)
class AccountOverviewAdmin(admin.ModelAdmin[AccountOverview]):
    """Accounts with lots, entries, holds, orders, registrations and mails side by side."""

    list_display = ["name", "owner", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["owner"]
    search_fields = [
        "name",
        "public_id",
        "owner__email",
        "delegates__email",
        "passkeys__last_four__iexact",
        "orders__number",
        "redemptions__reference",
    ]
    search_help_text = _("Name, address, order, reference, or last four characters of a passkey")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Accounts open with an order."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts stay: their ledger does."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add a page for each adjustment."""
        view = self.admin_site.admin_view
        pages = [
            path(
                f"<path:object_id>/{name}/",
                view(partial(self.adjust_view, name=name)),
                name=f"reports_accountoverview_{name}",
            )
            for name in ADJUSTMENTS
        ]
        return [*pages, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show everything about the account."""
        account = self._account(request, object_id)
        if not self.has_view_or_change_permission(request, account):
            raise PermissionDenied
        context = {"everything": staff_queries.everything(account), "adjustments": ADJUSTMENTS}
        return self._page(request, account, "account", str(account), context)

    def adjust_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for an adjustment, show what it will do, and book it once that was seen."""
        account = self._account(request, object_id)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        adjustment = ADJUSTMENTS[name]
        data = request.POST if request.method == "POST" else None
        form = adjustment.form(data, account=account)
        if request.POST.get("seen") and self._is_booked(form):
            self.message_user(request, _("That is booked already."), messages.INFO)
            return redirect("admin:reports_accountoverview_change", account.pk)
        preview = ""
        if form.is_valid():
            if request.POST.get("seen") == form.seen() and self._book(request, account, form, name):
                return redirect("admin:reports_accountoverview_change", account.pk)
            preview = adjustment.preview(account, form.cleaned_data)
        context = {"form": form, "preview": preview, "balance": balance(account=form.account)}
        return self._page(request, account, "adjust", str(adjustment.title), context)

    def _is_booked(self, form: AdjustForm) -> bool:
        """Tell whether the form was sent before: its lot may have too little left by now."""
        form.is_valid()
        key = form.cleaned_data.get("key")
        return key is not None and is_adjusted(account=form.account, key=str(key))

    def _book(
        self, request: HttpRequest, account: AccountOverview, form: AdjustForm, name: str
    ) -> bool:
        """Book as previewed; tell whether the ledger took it."""
        assert isinstance(request.user, User)  # noqa: S101 (narrows the type: staff)
        adjustment = ADJUSTMENTS[name]
        try:
            adjustment.book(account, form.cleaned_data, request.user)
        except LedgerError as refusal:
            form.add_error(None, str(refusal.message))
            return False
        self.log_change(request, account, f"{adjustment.title}: {form.cleaned_data['reason']}")
        self.message_user(request, _("Done: %s.") % adjustment.title, messages.SUCCESS)
        return True

    def _account(self, request: HttpRequest, object_id: str) -> AccountOverview:
        account: AccountOverview | None = self.get_object(request, unquote(object_id))
        if account is None:
            raise Http404("account")
        return account

    def _page(
        self,
        request: HttpRequest,
        account: AccountOverview,
        template: str,
        title: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": account,
            "title": title,
            "may_adjust": self.has_change_permission(request, account),
            **context,
        }
        return TemplateResponse(request, f"reports/admin/{template}.html", shown)
