"""Addresses for mails and documents: always on the configured origin, whatever Host says."""

from django.conf import settings


def absolute(path: str) -> str:
    """Return `path` on BASE_URL."""
    return f"{settings.BASE_URL}{path}"
