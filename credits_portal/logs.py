"""How the portal logs: to stderr, one line a record, without the secrets that addresses carry."""

import logging
import re

# Tokens of secret links are 43 characters of URL-safe base64; passkeys are seven groups of four.
TOKEN = re.compile(r"(?<![\w-])[\w-]{40,}(?![\w-])")
PASSKEY = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Za-z]{4}[- ]?){6}[0-9A-Za-z]{4}(?![0-9A-Za-z])")
ADDRESS_PASSWORD = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*@")


def redact(text: str) -> str:
    """Return `text` without link tokens, passkeys and passwords in addresses."""
    text = ADDRESS_PASSWORD.sub("...@", text)
    return PASSKEY.sub("[passkey]", TOKEN.sub("[token]", text))


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, then takes the secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text without secrets."""
        return redact(super().format(record))


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "credits_portal.logs.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django brings handlers of its own; here everything goes through the root.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # A beat's tick every few seconds is no news.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # Nor is each call of Stripe's.
        "stripe": {"level": "WARNING"},
    },
}
