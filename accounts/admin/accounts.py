"""Credit accounts: found by name, owner or passkey; frozen, released, given another owner."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.admin.readonly import ReadOnly
from accounts.forms import OwnerForm, ReasonForm, ReleaseForm
from accounts.models import CreditAccount, Delegate, Freeze, Passkey
from credits_portal.lib import formats


@dataclass(frozen=True)
class Task:
    """Something staff do to an account, always with a reason that stays in its history."""

    title: Promise | str
    explanation: Promise | str
    form: Callable[[Any, CreditAccount], forms.Form]
    run: Callable[[CreditAccount, dict[str, Any]], CreditAccount]


def released(account: CreditAccount, given: dict[str, Any]) -> CreditAccount:
    """Release what was chosen of the account's freezes."""
    source = given["freeze"].source if given["freeze"] else Freeze.STAFF
    return services.release(account=account, reason=given["reason"], source=source)


TASKS = {
    "freeze": Task(
        _("Freeze"),
        _(
            "No training can be paid from a frozen account. Confirmed places stay, and money that "
            "arrives is still credited. Owner and delegates are mailed."
        ),
        lambda data, _account: ReasonForm(data),
        lambda account, given: services.freeze(account=account, reason=given["reason"]),
    ),
    "release": Task(
        _("Release"),
        _(
            "The account can pay again, with the same passkey, once nothing else holds it. Owner "
            "and delegates are mailed then."
        ),
        lambda data, account: ReleaseForm(data, account=account),
        released,
    ),
    "owner": Task(
        _("Replace the owner"),
        _(
            "For an owner who has left. Both are mailed, and the new one is offered to replace the "
            "passkey."
        ),
        lambda data, _account: OwnerForm(data),
        lambda account, given: services.replace_owner(account=account, owner=given["owner"]),
    ),
}


ACCOUNT_FIELDS = [
    "name",
    "owner",
    "status",
    "public_id",
    "requires_approval",
    "sign_in_above",
    "low_balance_at",
    "asks_cost_centre",
    "early_reminders",
    "delegate_reminders",
    "created_at",
]
DELEGATE_FIELDS = [
    "email",
    "name",
    "status",
    "invited_at",
    "accepted_at",
    "removed_at",
    "reminders",
]
FREEZE_FIELDS = ["source", "reason", "created_at", "released_at"]
PASSKEY_FIELDS = ["last_four", "created_at", "last_used_at", "replaced_at"]


class DelegateInline(ReadOnly, admin.TabularInline[Delegate, CreditAccount]):
    """Who was invited, accepted and removed, and when."""

    model = Delegate
    fields = [*DELEGATE_FIELDS]
    readonly_fields = DELEGATE_FIELDS


class FreezeInline(ReadOnly, admin.TabularInline[Freeze, CreditAccount]):
    """Why the account was frozen, by whom, and until when."""

    model = Freeze
    fields = [*FREEZE_FIELDS]
    readonly_fields = FREEZE_FIELDS


class PasskeyInline(ReadOnly, admin.TabularInline[Passkey, CreditAccount]):
    """Passkeys by their last four characters; their value is for the owner's eyes only."""

    model = Passkey
    fields = [*PASSKEY_FIELDS]
    readonly_fields = PASSKEY_FIELDS


@admin.register(CreditAccount)
class CreditAccountAdmin(admin.ModelAdmin[CreditAccount]):
    """Accounts. Their settings are the owner's; staff act by tasks with a reason."""

    change_form_template = "accounts/admin/account.html"
    list_display = ["name", "owner", "available", "status", "requires_approval", "created_at"]
    list_filter = ["status", "requires_approval", "created_at"]
    list_select_related = ["owner"]
    search_fields = [
        "name",
        "public_id",
        "owner__email",
        "owner__name",
        "delegates__email",
        "passkeys__last_four__iexact",
    ]
    search_help_text = _("Name, owner, delegate, or the last four characters of a passkey")
    show_full_result_count = False
    inlines = [DelegateInline, PasskeyInline, FreezeInline]
    fields = [*ACCOUNT_FIELDS]
    readonly_fields = ACCOUNT_FIELDS

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditAccount]:
        """Add what can be spent."""
        queryset: Any = super().get_queryset(request)
        accounts: QuerySet[CreditAccount] = queryset.with_available()
        return accounts

    @admin.display(description=_("available"), ordering="available")
    def available(self, account: Any) -> str:
        """Return the credits that can be spent today."""
        return formats.number(account.available)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Accounts open with an order."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Accounts stay: their ledger does."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add a page for each task."""
        pages = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(partial(self.task_view, name=name)),
                name=f"accounts_creditaccount_{name}",
            )
            for name in TASKS
        ]
        return [*pages, *super().get_urls()]

    def task_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for the reason; a POST does the task and writes it into the history."""
        account = self.get_object(request, unquote(object_id))
        if account is None:
            raise Http404("account")
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        task = TASKS[name]
        form = task.form(request.POST or None, account)
        if request.method == "POST" and form.is_valid():
            changed = task.run(account, form.cleaned_data)
            self.log_change(request, account, f"{task.title}: {form.cleaned_data['reason']}")
            self.message_user(request, _("Done: %s.") % task.title, messages.SUCCESS)
            if name == "release" and changed.is_frozen:
                self._tell_what_holds(request, changed)
            return redirect("admin:accounts_creditaccount_change", account.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": account,
            "title": task.title,
            "task": task,
            "form": form,
        }
        return TemplateResponse(request, "accounts/admin/task.html", context)

    def _tell_what_holds(self, request: HttpRequest, account: CreditAccount) -> None:
        """Say why an account stays frozen after a release."""
        reasons = " ".join(str(freeze) for freeze in account.freezes.open())
        text = _("The account stays frozen, because something else holds it: %s")
        self.message_user(request, text % reasons, messages.WARNING)
