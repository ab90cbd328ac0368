"""The wiring, as an app: it holds the portal and demo commands, and makes the Celery app known."""

from django.apps import AppConfig

from credits_portal.celery import app as celery_app


class PortalConfig(AppConfig):
    """Configuration of the wiring."""

    name = "credits_portal"

    def ready(self) -> None:
        """Make shared tasks of every process, the web's too, go through the portal's broker."""
        celery_app.set_default()
