"""What can go wrong with a mail."""


class OutboxError(Exception):
    """Base of the outbox's errors."""


class UnknownMail(OutboxError):
    """No app has registered a builder under this name."""


class SecretLost(OutboxError):
    """The mail's secret payload can no longer be read: wiped, or its key was dropped."""
