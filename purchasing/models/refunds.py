"""Money that goes back: refunds, disputes, and credits that were spent before (rules.md 7)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import CreditLot, LedgerEntry

from .defaults import now
from .orders import Order
from .payments import Payment


class Refund(models.Model):
    """Money paid back for an order, and the credits that left circulation for it."""

    class Origin(models.TextChoices):
        """Where the refund was decided."""

        PORTAL = "portal", _("in the portal")
        PROVIDER = "provider", _("in the provider's own pages")

    class Status(models.TextChoices):
        """How far it has come; the credits leave with the request, before the money."""

        REQUESTED = "requested", _("requested")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("order")
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("payment"),
    )
    key = models.CharField(_("idempotency key"), max_length=64, unique=True, editable=False)
    provider = models.CharField(_("provider"), max_length=20, choices=Payment.Provider.choices)
    external_id = models.CharField(_("reference"), max_length=255, blank=True)
    origin = models.CharField(_("decided"), max_length=10, choices=Origin.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    credits = models.PositiveIntegerField(_("credits withdrawn"), default=0)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2, default=0)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="refund"
    )
    reason = models.CharField(_("reason"), max_length=500)
    actor = models.CharField(_("booked by"), max_length=100)
    requested_at = models.DateTimeField(_("requested"), default=now, editable=False)
    paid_on = models.DateField(_("paid back on"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=now)

    class Meta:
        verbose_name = _("refund")
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="refund_waiting", condition=Q(status="requested")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=~Q(external_id=""),
                name="refund_once_per_provider",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, net__gte=0, tax__gte=0), name="refund_money_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "done", "failed"]), name="refund_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}, {self.order}"


class Dispute(models.Model):
    """A charge-back: the bank took the money back, the account may not spend meanwhile."""

    class Status(models.TextChoices):
        """How the dispute stands."""

        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("order")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("payment")
    )
    provider = models.CharField(_("provider"), max_length=20, choices=Payment.Provider.choices)
    external_id = models.CharField(_("reference"), max_length=255)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    credits = models.PositiveIntegerField(_("credits withdrawn"), default=0)
    opened_at = models.DateTimeField(_("opened"), default=now, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id"], name="dispute_once_per_provider"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | Q(status__in=["won", "lost"], closed_at__isnull=False),
                name="dispute_closed_when_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_status_display()}"


class Shortfall(models.Model):
    """Credits that a refund or dispute should have taken but that were spent (rules.md 7.4).

    While it is open, credits that return to the lot are withdrawn and counted as recovered.
    """

    lot = models.ForeignKey(CreditLot, on_delete=models.PROTECT, related_name="shortfalls")
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="shortfall"
    )
    dispute = models.OneToOneField(
        Dispute, on_delete=models.PROTECT, null=True, blank=True, related_name="shortfall"
    )
    credits = models.PositiveIntegerField(_("credits missing"))
    recovered = models.PositiveIntegerField(_("recovered since"), default=0)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("shortfall")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gt=0, recovered__lte=F("credits")), name="shortfall_in_range"
            ),
            models.CheckConstraint(
                condition=Q(refund__isnull=False, dispute=None)
                | Q(refund=None, dispute__isnull=False),
                name="shortfall_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.missing}, {self.lot}"

    @property
    def missing(self) -> int:
        """Return the credits that are still missing; those of a closed one are waived."""
        return 0 if self.closed_at else self.credits - self.recovered
