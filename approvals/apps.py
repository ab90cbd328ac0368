"""The approvals app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Configuration of the approvals app."""

    name = "approvals"

    def ready(self) -> None:
        """Register mail builders and signal receivers."""
        from . import emails, receivers  # noqa: F401, PLC0415
