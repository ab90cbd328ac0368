"""Reads settings from the environment and `.env`; every error names the variable.

A development default stands in only while DEBUG is on. `Environment.names` remembers what was
asked for, so that a test can compare it with `.env.example`.
"""

import os
import re
from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.http.request import validate_host
from redis.connection import parse_url

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
# What signs sessions is as long as Django's own check asks for.
SECRET_LENGTH = 50
MOST = 100_000
# A name, an address, or a domain with all that is below it (".example.com").
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
DURATION = re.compile(r"[0-9]{1,9}(ms|s|min|h)?")


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

    def secret(self, name: str, development: str) -> str:
        """Return the secret text of `name`; what DEBUG falls back on everybody can read."""
        value = self.required(name, development)
        if not self.debug and (value == development or len(value) < SECRET_LENGTH):
            raise ImproperlyConfigured(
                f"{name} must be a secret of your own, of {SECRET_LENGTH} characters or more."
            )
        return value

    def address(self, name: str, development: str) -> str:
        """Return the email address of `name`, which may carry a name: Credits <c@example.com>."""
        value = self.required(name, development)
        try:
            validate_email(parseaddr(value)[1])
        except ValidationError:
            raise ImproperlyConfigured(f"{name} must be an email address, not {value!r}.") from None
        return value

    def picture(self, name: str) -> str:
        """Return where the picture of `name` is; pages load nothing from elsewhere."""
        value = self.text(name)
        if value.startswith("//") or (value and not value.startswith(("/", "data:image/"))):
            raise ImproperlyConfigured(
                f"{name} must be a path on this site such as /static/logo.svg, or a data: address."
            )
        return value

    def folder(self, name: str, default: Path) -> Path:
        """Return the folder of `name`, made where it is missing."""
        path = Path(self.text(name, str(default))).absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name} must be a folder to write to: {error}.") from None
        if not os.access(path, os.W_OK):
            raise ImproperlyConfigured(f"{name} must be a folder to write to: {path} is not.")
        return path

    def duration(self, name: str, default: str) -> str:
        """Return the length of time of `name` as PostgreSQL reads it: 10s, 500ms; 0 is none."""
        value = self.text(name, default)
        if not DURATION.fullmatch(value):
            raise ImproperlyConfigured(f"{name} must be a duration such as 10s, not {value!r}.")
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

    def number(self, name: str, default: int, *, least: int = 0, most: int = MOST) -> int:
        """Return the whole number of `name`, from `least` to `most`."""
        value = self.text(name, str(default))
        digits = value.isascii() and value.isdecimal() and len(value) <= len(str(MOST))
        if not (digits and least <= int(value) <= most):
            raise ImproperlyConfigured(
                f"{name} must be a whole number from {least} to {most}, not {value!r}."
            )
        return int(value)

    def words(self, name: str, development: str) -> list[str]:
        """Return the comma-separated words of `name`, of which there is at least one."""
        words = [word.strip() for word in self.required(name, development).split(",")]
        if not all(words):
            raise ImproperlyConfigured(f"{name} must be words separated by single commas.")
        return words

    def hosts(self, name: str, development: str) -> list[str]:
        """Return the host names of `name`; "*", which answers to any, only in DEBUG."""
        hosts = self.words(name, development)
        for host in hosts:
            if not (HOST.fullmatch(host) or (host == "*" and self.debug)):
                raise ImproperlyConfigured(
                    f"{name} must be host names such as credits.example.com, not {host!r}."
                )
        return hosts

    def keys(self, name: str, development: str) -> list[str]:
        """Return the Fernet keys of `name`, newest first."""
        keys = self.words(name, development)
        if development in keys and not self.debug:
            raise ImproperlyConfigured(f"{name} must be keys of your own, not that of development.")
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} must hold Fernet keys: 32 bytes in URL-safe base64."
                ) from None
        return keys

    def origin(self, name: str, development: str, *, hosts: Sequence[str]) -> str:
        """Return the web origin of `name`: https outside DEBUG, and one of the `hosts` served."""
        value = self.required(name, development).rstrip("/")
        parts = urlsplit(value)
        schemes = {"http", "https"} if self.debug else {"https"}
        if parts.scheme not in schemes or not is_origin(parts):
            raise ImproperlyConfigured(
                f"{name} must be an origin such as https://credits.example.com, not {value!r}."
            )
        if not validate_host(parts.hostname or "", hosts):
            raise ImproperlyConfigured(
                f"{name} must name one of ALLOWED_HOSTS: mailed links lead to {parts.hostname!r}."
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
        is_smtp = described["EMAIL_BACKEND"].endswith(".smtp.EmailBackend")
        if is_smtp and not described["EMAIL_HOST"]:
            raise ImproperlyConfigured(f"{name} must name the mail server.")
        return described

    def redis(self, name: str) -> str:
        """Return the address of Redis in `name`; empty means embedded."""
        value = self.text(name)
        try:
            told = parse_url(value) if value else {}  # type: ignore[no-untyped-call]
            known = not value or bool(told.keys() & {"host", "path"})
        except ValueError:
            known = False
        if not known:
            raise ImproperlyConfigured(f"{name} must be an address such as redis://host:6379/0.")
        return value

    def together(self, **prefixes: tuple[str, ...]) -> list[str]:
        """Return the texts of some names, set all or none, each with one of its prefixes."""
        values = {name: self.text(name) for name in prefixes}
        if any(values.values()) and not all(values.values()):
            raise ImproperlyConfigured(f"{' and '.join(values)} must be set together.")
        for name, value in values.items():
            if value and not value.startswith(prefixes[name]):
                raise ImproperlyConfigured(
                    f"{name} must begin with {' or '.join(prefixes[name])}: is it another key?"
                )
        return list(values.values())


def is_origin(parts: SplitResult) -> bool:
    """Tell whether an address is a host, perhaps with a port, and nothing else."""
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    bare = f"[{host}]" if ":" in host else host
    return (
        bool(HOST.fullmatch(bare))
        and parts.netloc.lower() == (bare if port is None else f"{bare}:{port}")
        and not (parts.path or parts.query or parts.fragment)
    )
