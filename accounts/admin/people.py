"""People who sign in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, User
from credits_portal.lib.fields import EmailField

from .readonly import ReadOnly

OWNED_FIELDS = ["name", "status", "created_at"]


class NewUserForm(AdminUserCreationForm[User]):
    """A person whom staff sign up; without a password they sign in by a mailed code."""

    email = EmailField(label=_("Email address"))

    class Meta:
        model = User
        fields = ["email", "name"]
        field_classes: dict[str, Any] = {}


class OwnedAccounts(ReadOnly, admin.TabularInline[CreditAccount, User]):
    """The accounts that the person owns."""

    model = CreditAccount
    fields = [*OWNED_FIELDS]
    readonly_fields = OWNED_FIELDS
    show_change_link = True


@admin.register(User)
class UserAdmin(StockUserAdmin[User]):
    """Users, by address. Only a superuser gives rights or sets another's password."""

    add_form = NewUserForm
    list_display = ["email", "name", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    inlines = [OwnedAccounts]
    readonly_fields = ["email", "date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "name", "language", "is_active", "password"]}),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "usable_password", "password1", "password2"]}),
    ]

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[Any]:  # noqa: ARG002
        """Show accounts of people who are there already."""
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let only superusers give rights; nobody changes an address, by which people are known."""
        if obj is None:
            return []
        rights = ["is_staff", "is_superuser", "groups", "user_permissions", "password"]
        return [*self.readonly_fields, *([] if is_superuser(request) else rights)]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep staff who are no superusers from changing other staff."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_staff or is_superuser(request))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        """People are switched off, not deleted: orders and decisions name them."""
        return False

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002
        form_url: str = "",
    ) -> HttpResponse:
        """Let only superusers set a password: it opens the person's accounts."""
        if not is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


def is_superuser(request: HttpRequest) -> bool:
    """Tell whether a superuser asks."""
    return bool(request.user.is_active and request.user.is_superuser)
