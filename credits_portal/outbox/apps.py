"""The outbox app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """Configuration of the outbox."""

    name = "credits_portal.outbox"
    verbose_name = _("Mail")
    label = "outbox"
