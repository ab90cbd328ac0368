"""What the admin pages of purchasing share."""

# Django calls its hooks with arguments that not each of them needs.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest

from accounts.models import User


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody edits a row by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody deletes a row."""
        return False


def staff(request: HttpRequest) -> User:
    """Return the member of staff who asks; the admin lets in nobody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
