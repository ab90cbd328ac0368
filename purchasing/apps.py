"""The purchasing app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasingConfig(AppConfig):
    """Configuration of the purchasing app."""

    name = "purchasing"
    verbose_name = _("Purchasing")

    def ready(self) -> None:
        """Register the builders of the mails, and what listens to the ledger."""
        from . import emails, receivers  # noqa: F401, PLC0415
