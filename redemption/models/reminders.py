"""What the expiry ladder has sent."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditLot
from credits_portal.lib import clock


def now() -> datetime:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


class LotReminder(models.Model):
    """A step of the expiry ladder that a lot has had, so that it is sent once (rules.md 8)."""

    lot = models.ForeignKey(CreditLot, on_delete=models.PROTECT, related_name="reminders")
    step = models.PositiveSmallIntegerField(help_text="Days before the last day; 0: expired.")
    sent_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("expiry reminder")
        constraints = [
            models.UniqueConstraint(fields=["lot", "step"], name="reminder_once_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.lot_id}: {self.step}"
