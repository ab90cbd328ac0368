"""Money that arrives, and what payment providers tell about it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .defaults import now
from .orders import Order


class Payment(models.Model):
    """Money that arrived for an order: written by `services.settle`, at most marked as undone."""

    class Provider(models.TextChoices):
        """Where the money came in; its ids are unique per provider."""

        BANK = "bank", _("bank transfer")
        STRIPE = "stripe", _("card")
        CHARGES = "charges", _("bank charge, written off")
        SIMULATED = "simulated", _("simulated card")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="payments", verbose_name=_("order")
    )
    provider = models.CharField(_("provider"), max_length=20, choices=Provider.choices)
    external_id = models.CharField(
        _("reference"), max_length=255, help_text=_("The bank's or provider's own reference.")
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    received_on = models.DateField(_("received on"))
    booked_at = models.DateTimeField(_("booked"), default=now, editable=False)
    actor = models.CharField(_("booked by"), max_length=100)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True, editable=False)
    undone_by = models.CharField(_("undone by"), max_length=100, blank=True, editable=False)
    undone_reason = models.CharField(_("why undone"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("payment")
        ordering = ["-booked_at", "-id"]
        constraints = [
            # What was booked on the wrong order and undone is booked again on the right one.
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=Q(undone_at=None),
                name="payment_once_per_provider",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}, {self.external_id}"


class CardSession(models.Model):
    """A checkout page that a card provider keeps for one attempt to pay an order."""

    class Status(models.TextChoices):
        """What the provider last told of it."""

        OPEN = "open", _("open")
        COMPLETE = "complete", _("complete")
        EXPIRED = "expired", _("expired")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="card_sessions", verbose_name=_("order")
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    external_id = models.CharField(_("provider's id"), max_length=255, unique=True)
    payment_intent = models.CharField(_("payment intent"), max_length=255, blank=True)
    url = models.URLField(_("address"), max_length=2000)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    expires_at = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("card session")
        constraints = [
            models.UniqueConstraint(fields=["order", "attempt"], name="card_session_attempt_once"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "complete", "expired"]), name="card_session_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}, {self.attempt}"
