"""What payment providers tell: stored first, then applied by a worker (trust.md 2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .defaults import now
from .orders import Order


class ProviderEvent(models.Model):
    """One signed message of a provider: stored before it is answered, applied later, once."""

    provider = models.CharField(_("provider"), max_length=20)
    external_id = models.CharField(_("provider's id"), max_length=255)
    kind = models.CharField(_("kind"), max_length=100)
    object_id = models.CharField(_("object"), max_length=255, blank=True)
    raw = models.JSONField(_("message"))
    received_at = models.DateTimeField(_("received"), default=now, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=now)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=500, blank=True)
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("order"),
    )

    class Meta:
        verbose_name = _("provider's event")
        verbose_name_plural = _("provider's events")
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="event_waiting",
                condition=models.Q(applied_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id"], name="event_once_per_provider"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
