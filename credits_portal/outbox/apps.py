"""The outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Configuration of the outbox."""

    name = "credits_portal.outbox"
    label = "outbox"
