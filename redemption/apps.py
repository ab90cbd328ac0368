"""The redemption app."""

from django.apps import AppConfig


class RedemptionConfig(AppConfig):
    """Configuration of the redemption app."""

    name = "redemption"

    def ready(self) -> None:
        """Register the mail builders."""
        from . import emails  # noqa: F401, PLC0415
