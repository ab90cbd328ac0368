"""The outbox's only row: one mail to one recipient (docs/mail.md)."""

import secrets
from datetime import timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock, statements


def now() -> Any:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


def new_message_id() -> str:
    """Return a Message-ID in the sender's domain; a retry keeps it, so that doubles show."""
    return f"<{secrets.token_hex(16)}@{domain_of(settings.DEFAULT_FROM_EMAIL)}>"


@cache
def domain_of(address: str) -> str:
    """Return the domain of an address that may carry a name."""
    return parseaddr(address)[1].rpartition("@")[2] or "localhost"


@cache
def inserted_fields() -> list[models.Field[Any, Any]]:
    """Return the fields that an INSERT gives."""
    return [field for field in OutboundMail._meta.concrete_fields if not field.primary_key]


def as_stored(field: models.Field[Any, Any], value: Any) -> Any:
    """Return `value` as the database takes it; text, numbers and nothing are taken as they are."""
    if value is None or isinstance(value, str | int):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def insert_statement() -> str:
    """Return the INSERT of one row that leaves a row with the same key and recipient alone."""
    fields = inserted_fields()
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(["%s"] * len(fields))
    return (
        f'INSERT INTO "{OutboundMail._meta.db_table}" ({columns}) VALUES ({values}) '  # noqa: S608
        "ON CONFLICT (key, recipient) DO NOTHING RETURNING id"
    )


class OutboundMailQuerySet(models.QuerySet["OutboundMail"]):
    """Look-ups of mails."""

    def undelivered(self) -> "OutboundMailQuerySet":
        """Return those that are neither sent nor failed."""
        return self.filter(state__in=OutboundMail.UNDELIVERED)

    def due(self) -> "OutboundMailQuerySet":
        """Return those to try now, a dead worker's among them: its lease has run out."""
        return self.undelivered().filter(next_try_at__lte=clock.now())

    def since(self, age: timedelta) -> "OutboundMailQuerySet":
        """Return those queued for the first time within the last `age`."""
        return self.filter(created_at__gt=clock.now() - age)


class OutboundMail(models.Model):
    """One mail to one recipient: what to render it from, and how far it has come.

    A worker that takes it moves `next_try_at` past its lease: that time is its claim, and if the
    worker dies the mail is due again by itself.
    """

    class State(models.TextChoices):
        """How far the mail has come."""

        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    UNDELIVERED: ClassVar[list[str]] = [State.QUEUED.value, State.SENDING.value]

    key = models.CharField(
        _("key"),
        max_length=200,
        help_text=_("Names the fact that owes the mail: one per recipient."),
    )
    recipient = models.EmailField(_("recipient"), max_length=254)
    name = models.CharField(_("mail"), max_length=80)
    language = models.CharField(_("language"), max_length=10, blank=True)
    params = models.JSONField(_("rendered from"), default=dict, blank=True)
    encrypted_secret = models.TextField(blank=True, editable=False)
    has_secret = models.BooleanField(_("carries a code"), default=False, editable=False)
    about = models.CharField(_("about"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=now)
    give_up_at = models.DateTimeField(
        _("of no use after"), null=True, blank=True, help_text=_("Empty: always worth sending.")
    )
    message_id = models.CharField(_("Message-ID"), max_length=320, default=new_message_id)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    queued_at = models.DateTimeField(_("queued"), default=now, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)

    objects = OutboundMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        ordering = ["-id"]
        permissions = [("resend_outboundmail", "Can send a mail again")]
        constraints = [
            models.UniqueConstraint(fields=["key", "recipient"], name="mail_once_per_recipient"),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "sent", "failed"]),
                name="mail_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending"]) | models.Q(encrypted_secret=""),
                name="mail_secret_wiped_at_the_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="mail_undelivered",
            ),
            models.Index(fields=["recipient", "name", "created_at"], name="mail_of_recipient"),
            models.Index(fields=["about", "id"], name="mail_about"),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.recipient}"

    def insert_once(self) -> bool:
        """Insert this new row in one round trip; tell whether it is the first of its key."""
        values = [as_stored(field, getattr(self, field.attname)) for field in inserted_fields()]
        row = statements.run(insert_statement(), values).fetchone()
        if row:
            self.pk = row[0]
            self._state.adding = False
            self._state.db = connection.alias
        return bool(row)
