"""The accounts app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Configuration of the accounts app."""

    name = "accounts"
    verbose_name = _("Accounts and ledger")

    def ready(self) -> None:
        """Register the mails' builders; guard the ledger after every migrate."""
        from . import emails, signin_emails  # noqa: F401, PLC0415
        from .ledger import guards, zone  # noqa: PLC0415

        post_migrate.connect(guards.install, sender=self)
        post_migrate.connect(zone.check, sender=self)
