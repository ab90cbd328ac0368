"""The redemption app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RedemptionConfig(AppConfig):
    """Configuration of the redemption app."""

    name = "redemption"
    verbose_name = _("Training")

    def ready(self) -> None:
        """Register the mail builders."""
        from . import emails  # noqa: F401, PLC0415
