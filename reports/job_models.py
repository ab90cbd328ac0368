"""Large exports: who asked for which file, how far a worker has come, and the file itself.

The file is kept in the database, in parts, so that any machine can make it and any can send it.
"""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, User
from credits_portal.lib import clock

KEPT = timedelta(days=7)


def now() -> datetime:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


def new_file_id() -> str:
    """Return a random identifier for addresses."""
    return secrets.token_hex(16)


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    """Look-ups that authorise, and what is due."""

    def visible_to(self, user: User, account: CreditAccount) -> "ExportJobQuerySet":
        """Return the files that the person asked for and that are still kept, the latest first."""
        kept = self.filter(account=account, user=user, asked_at__gt=clock.now() - KEPT)
        return kept.order_by("-id")

    def due(self) -> "ExportJobQuerySet":
        """Return those to make now, a dead worker's among them: its lease has run out."""
        return self.filter(
            state__in=[ExportJob.State.QUEUED, ExportJob.State.RUNNING],
            next_try_at__lte=clock.now(),
        )


class ExportJob(models.Model):
    """A report with its filters, asked for as a file by one person."""

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    file_id = models.CharField(max_length=32, unique=True, default=new_file_id, editable=False)
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="exports")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="exports")
    report = models.CharField(max_length=20)
    ending = models.CharField(max_length=4)
    filters = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10, blank=True)
    filename = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    rows_expected = models.PositiveIntegerField(default=0)
    rows_written = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=now)
    asked_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "account", "-id"], name="export_by_person"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(state__in=["queued", "running"]),
                name="export_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed"]),
                name="export_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False), name="export_done_when"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be made."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def is_done(self) -> bool:
        """Tell whether the file is there."""
        return self.state == self.State.DONE

    @property
    def per_cent(self) -> int:
        """Return how much is written, in per cent."""
        return min(100, 100 * self.rows_written // max(self.rows_expected, 1))

    @property
    def kept_until(self) -> datetime:
        """Return when the file goes."""
        return self.asked_at + KEPT


class ExportPart(models.Model):
    """A piece of a file, compressed."""

    job = models.ForeignKey(ExportJob, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="export_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"
