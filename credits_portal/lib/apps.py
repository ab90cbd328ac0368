"""The leaf helpers, as an app: it holds template filters."""

from django.apps import AppConfig
from django.conf import settings


class LibConfig(AppConfig):
    """Configuration of the leaf helpers."""

    name = "credits_portal.lib"
    label = "lib"

    def ready(self) -> None:
        """Stop the start when the programme's colour is none."""
        from . import theme  # noqa: PLC0415 - apps are not ready at import

        theme.Colour.parse(settings.PORTAL_COLOUR)
