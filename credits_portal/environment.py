"""Reads settings from the environment and `.env`; every error names the variable.

A development default stands in only while DEBUG is on. `Environment.names` remembers what was
asked for, so that a test can compare it with `.env.example`.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """The process's environment, with `.env` beneath it."""

    def __init__(self, file: Path) -> None:
        """Read `file`, where it exists, for names that the environment does not set."""
        self._env = environ.Env()
        self.names: set[str] = set()
        if file.is_file():
            environ.Env.read_env(file)
        self.debug = self.flag("DEBUG")

    def text(self, name: str, default: str = "") -> str:
        """Return the text of `name`; unset or empty gives `default`."""
        self.names.add(name)
        value: str = self._env.str(name, default="").strip()
        return value or default

    def required(self, name: str, development: str) -> str:
        """Return the text of `name`; only DEBUG may fall back on `development`."""
        value = self.text(name, development if self.debug else "")
        if not value:
            raise ImproperlyConfigured(f"{name} must be set when DEBUG is off.")
        return value

    def flag(self, name: str) -> bool:
        """Return whether `name` is on; unset means off."""
        value = self.text(name).lower()
        if value not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
        return value in TRUE

    def development(self, name: str) -> str:
        """Return the text of `name`, which only DEBUG may set."""
        value = self.text(name)
        if value and not self.debug:
            raise ImproperlyConfigured(f"{name} must stay empty when DEBUG is off.")
        return value

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """Return the whole number of `name`, at least `least`."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdecimal() and int(value) >= least):
            raise ImproperlyConfigured(
                f"{name} must be a whole number of at least {least}, not {value!r}."
            )
        return int(value)

    def words(self, name: str, development: str) -> list[str]:
        """Return the comma-separated words of `name`, of which there is at least one."""
        words = [word.strip() for word in self.required(name, development).split(",")]
        if not all(words):
            raise ImproperlyConfigured(f"{name} must be words separated by single commas.")
        return words

    def keys(self, name: str, development: str) -> list[str]:
        """Return the Fernet keys of `name`, newest first."""
        keys = self.words(name, development)
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} must hold Fernet keys: 32 bytes in URL-safe base64."
                ) from None
        return keys

    def origin(self, name: str, development: str) -> str:
        """Return the web origin of `name`: a scheme and a host, nothing after them."""
        value = self.required(name, development).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            raise ImproperlyConfigured(
                f"{name} must be an origin such as https://credits.example.com, not {value!r}."
            )
        return value

    def zone(self, name: str, default: str) -> ZoneInfo:
        """Return the IANA time zone of `name`."""
        value = self.text(name, default)
        if value not in available_timezones():
            raise ImproperlyConfigured(f"{name} must be an IANA time zone, not {value!r}.")
        return ZoneInfo(value)

    def database(self, name: str, development: str) -> dict[str, Any]:
        """Return Django's description of the database at the address in `name`."""
        # Never print the address: it may hold a password.
        address = self.required(name, development)
        if address.partition(":")[0] not in {"postgres", "postgresql", "sqlite"}:
            raise ImproperlyConfigured(
                f"{name} must start with postgres:// for PostgreSQL or sqlite:/// for SQLite."
            )
        described: dict[str, Any] = self._env.db_url_config(address)
        if not described["NAME"]:
            raise ImproperlyConfigured(f"{name} must name a database.")
        return described

    def mail(self, name: str, development: str) -> dict[str, Any]:
        """Return Django's EMAIL_... settings for the address in `name`."""
        address = self.required(name, development)
        try:
            described: dict[str, Any] = self._env.email_url_config(address)
        except (ImproperlyConfigured, ValueError):
            raise ImproperlyConfigured(
                f"{name} must be an address such as smtp+tls://user:password@host:587."
            ) from None
        return described

    def redis(self, name: str) -> str:
        """Return the address of Redis in `name`; empty means embedded."""
        value = self.text(name)
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ImproperlyConfigured(f"{name} must start with redis:// or rediss://.")
        return value

    def together(self, *names: str) -> list[str]:
        """Return the texts of `names`, which are set all or none."""
        values = [self.text(name) for name in names]
        if any(values) and not all(values):
            raise ImproperlyConfigured(f"{' and '.join(names)} must be set together.")
        return values
