"""The ledger's rows. Only this package writes them; the database refuses to change entries."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Bucket(models.TextChoices):
    """Where credits of a lot are; `issued` is outside, the source of an issue."""

    ISSUED = "issued", _("issued")
    AVAILABLE = "available", _("available")
    HELD = "held", _("held")
    REDEEMED = "redeemed", _("redeemed")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CreditLot(models.Model):
    """The credits of one purchase, with its own price and last usable day (rules.md 3)."""

    account = models.ForeignKey(
        "accounts.CreditAccount", on_delete=models.PROTECT, related_name="lots", db_index=False
    )
    credits = models.PositiveIntegerField(_("credits issued"))
    unit_price = models.DecimalField(_("unit price, USD net"), max_digits=12, decimal_places=4)
    purchased_on = models.DateField(_("purchased on"))
    last_day = models.DateField(_("last usable day"))
    available = models.PositiveIntegerField(_("available"))
    held = models.PositiveIntegerField(_("held"), default=0)
    redeemed = models.PositiveIntegerField(_("redeemed"), default=0)
    expired = models.PositiveIntegerField(_("expired"), default=0)
    withdrawn = models.PositiveIntegerField(_("withdrawn"), default=0)

    class Meta:
        verbose_name = _("credit lot")
        ordering = ["last_day", "id"]
        # No index names a bucket, not even in its condition: updates of buckets stay HOT.
        indexes = [
            models.Index(fields=["account", "last_day", "id"], name="lot_drawing"),
            models.Index(fields=["last_day"], name="lot_last_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(credits__gt=0), name="lot_credits_positive"),
            models.CheckConstraint(
                condition=Q(
                    credits=F("available")
                    + F("held")
                    + F("redeemed")
                    + F("expired")
                    + F("withdrawn")
                ),
                name="lot_conservation",
            ),
            models.CheckConstraint(
                condition=Q(available__gte=0, held__gte=0, redeemed__gte=0)
                & Q(expired__gte=0, withdrawn__gte=0),
                name="lot_buckets_not_negative",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="lot_price_not_negative"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("purchased_on")), name="lot_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits} until {self.last_day}"


class LedgerEntry(models.Model):
    """One booking of an account: numbered without gaps, chained by hash, append-only."""

    class Kind(models.TextChoices):
        """The verb that wrote the entry."""

        ISSUE = "issue", _("credits issued")
        REDEEM = "redeem", _("training paid")
        HOLD = "hold", _("held for approval")
        CAPTURE = "capture", _("training paid after approval")
        RELEASE = "release", _("hold released")
        RESTORE = "restore", _("credits returned")
        WITHDRAW = "withdraw", _("credits withdrawn")
        EXPIRE = "expire", _("credits expired")

    account = models.ForeignKey(
        "accounts.CreditAccount", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=200)
    fingerprint = models.CharField(max_length=64)
    credits = models.PositiveIntegerField(_("credits moved"))
    actor = models.CharField(_("actor"), max_length=100)
    reason = models.CharField(_("reason"), max_length=500)
    fits = models.DateField(_("fits"), null=True)
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reversals", db_index=False
    )
    ends = models.OneToOneField(
        "accounts.Hold", on_delete=models.PROTECT, null=True, related_name="ended_by"
    )
    effective_at = models.DateTimeField(_("effective"))
    created_at = models.DateTimeField(_("booked"))
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["account", "number"]
        indexes = [
            models.Index(
                fields=["reverses"], name="entry_reverses", condition=Q(reverses__isnull=False)
            ),
            # Reports by day find all that they add up in the index.
            models.Index(
                fields=["account", "effective_at", "kind", "credits"], name="entry_by_day"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="entry_number_once"),
            # The key first: it is looked up by every verb (store.READ says how).
            models.UniqueConstraint(fields=["key", "account"], name="entry_key_once"),
            models.CheckConstraint(condition=Q(credits__gt=0), name="entry_credits_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class HoldQuerySet(models.QuerySet["Hold"]):
    """Look-ups of holds."""

    def open(self) -> "HoldQuerySet":
        """Return the holds that were neither captured nor released."""
        return self.filter(ended_by__isnull=True)


class HoldManager(models.Manager.from_queryset(HoldQuerySet)):  # type: ignore[misc]
    """Finds holds among the entries."""

    def get_queryset(self) -> HoldQuerySet:
        """Return the entries that hold credits."""
        return HoldQuerySet(self.model, using=self._db).filter(kind=LedgerEntry.Kind.HOLD)


class Hold(LedgerEntry):
    """What a pending request has reserved: the entry that holds the credits, seen as a hold.

    It ends once: at most one entry can name it in `ends` (a unique column). So a hold has no state
    of its own that could be changed, and the chain of hashes covers its end too.
    """

    objects: ClassVar[Any] = HoldManager()

    class Meta:
        proxy = True
        verbose_name = _("hold")

    def __str__(self) -> str:
        return f"{self.credits} held"

    @property
    def is_open(self) -> bool:
        """Tell whether the credits are still held; asks the database."""
        return not LedgerEntry.objects.filter(ends=self.pk).exists()

    @property
    def outcome(self) -> str:
        """Return "captured", "released" or, while open, ""; asks the database."""
        ending = LedgerEntry.objects.filter(ends=self.pk).values_list("kind", flat=True).first()
        return {"capture": "captured", "release": "released"}.get(ending or "", "")


class Posting(models.Model):
    """Credits of one lot moved from one bucket to another: balanced by construction."""

    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, related_name="postings", db_index=False
    )
    lot = models.ForeignKey(CreditLot, on_delete=models.PROTECT, related_name="postings")
    source = models.CharField(max_length=10, choices=Bucket.choices)
    target = models.CharField(max_length=10, choices=Bucket.choices)
    credits = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("posting")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "lot"], name="posting_lot_once_per_entry"),
            models.CheckConstraint(condition=Q(credits__gt=0), name="posting_credits_positive"),
            models.CheckConstraint(
                condition=~Q(source=F("target")) & ~Q(target="issued"), name="posting_moves"
            ),
            models.CheckConstraint(
                condition=Q(source__in=Bucket.values, target__in=Bucket.values),
                name="posting_buckets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits} {self.source} -> {self.target}"


class Programme(models.Model):
    """The one row that remembers in which time zone the ledger's days are meant (rules.md 3)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    time_zone = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="programme_one_row")]

    def __str__(self) -> str:
        return self.time_zone
