"""The reports app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Configuration of the reports app."""

    name = "reports"

    def ready(self) -> None:
        """Let the worker know the mails."""
        from . import emails  # noqa: F401, PLC0415
