"""The reports app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Configuration of the reports app."""

    name = "reports"
