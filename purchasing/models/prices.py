"""Price lists and tax rows, which staff edit."""

from datetime import datetime
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock
from credits_portal.lib.fields import MAX_CREDITS
from purchasing.countries import countries


class PriceListQuerySet(models.QuerySet["PriceList"]):
    """Look-ups of price lists."""

    def in_force(self, at: datetime | None = None) -> "PriceList | None":
        """Return the list that started last before `at` (default: now)."""
        return self.filter(starts_at__lte=at or clock.now()).order_by("-starts_at", "-id").first()

    def tiers_at(self, at: datetime | None = None) -> "list[PriceTier]":
        """Return the tiers in force, smallest amount first."""
        price_list = self.in_force(at)
        return list(price_list.tiers.all()) if price_list else []


class PriceList(models.Model):
    """Prices from a moment on, until the next list starts (rules.md 2)."""

    name = models.CharField(_("name"), max_length=100)
    starts_at = models.DateTimeField(_("starts"), unique=True)

    objects = PriceListQuerySet.as_manager()

    class Meta:
        verbose_name = _("price list")
        ordering = ["-starts_at"]

    def __str__(self) -> str:
        return self.name


class PriceTier(models.Model):
    """The price of each credit of an order that reaches `minimum`."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="tiers")
    minimum = models.PositiveIntegerField(
        _("from credits"),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CREDITS)],
    )
    unit_price = models.DecimalField(
        _("price per credit, USD net"),
        max_digits=12,
        decimal_places=4,
        validators=[MinValueValidator(Decimal("0.01"))],
    )

    class Meta:
        verbose_name = _("price tier")
        ordering = ["minimum"]
        constraints = [
            models.UniqueConstraint(fields=["price_list", "minimum"], name="tier_minimum_once"),
            models.CheckConstraint(
                condition=Q(minimum__gte=1, minimum__lte=MAX_CREDITS), name="tier_minimum_in_range"
            ),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="tier_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.minimum} @ {self.unit_price}"


class TaxRuleQuerySet(models.QuerySet["TaxRule"]):
    """Look-ups of tax rows."""

    def of(self, country: str) -> "TaxRule":
        """Return the row of `country`, or an unsaved one at 0 % without a note."""
        return self.filter(country=country).first() or TaxRule(country=country)


class TaxRule(models.Model):
    """The tax line of buyers in one country (rules.md 2)."""

    country = models.CharField(_("country"), max_length=2, unique=True, choices=countries)
    rate = models.DecimalField(
        _("rate in per cent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Printed at the tax line.")
    )

    objects = TaxRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rule")
        ordering = ["country"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.get_country_display()}: {self.rate} %"
