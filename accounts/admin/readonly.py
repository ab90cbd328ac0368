"""Rows that staff look at and nobody edits or deletes here, superusers included."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Takes adding, changing and deleting from an admin page or inline."""

    can_delete = False
    extra = 0
    show_full_result_count = False

    def has_add_permission(self, *_args: Any) -> bool:
        """Rows are made by the services only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Rows are changed by the services only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Rows stay."""
        return False
