"""Orders."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import CreditLot
from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from credits_portal.lib.fields import MAX_CREDITS
from credits_portal.lib.signing import SecretLink, SecretLinkQuerySet
from purchasing.countries import countries

from .defaults import now
from .sums import foreign_left, left_of, money_back

CURRENCY = "USD"


class OrderQuerySet(SecretLinkQuerySet):
    """Look-ups of orders; those that authorise, and those that staff must look at."""

    def owned_by(self, user: User) -> "OrderQuerySet":
        """Return the orders of the accounts that `user` owns now."""
        return self.filter(account__owner=user)

    def with_received(self) -> "OrderQuerySet":
        """Annotate `received`: the money that has come, in the order's own currency."""
        own_currency = Q(payments__currency=F("currency"), payments__undone_at=None)
        received = Coalesce(Sum("payments__amount", filter=own_currency), Decimal(0))
        orders: OrderQuerySet = self.annotate(received=Round(received, precision=2))
        return orders

    def with_money_left(self) -> "OrderQuerySet":
        """Annotate `excess` (beyond the total) and `left`, without what went back."""
        counted: OrderQuerySet = self.with_received().annotate(**money_back())
        orders: OrderQuerySet = counted.annotate(
            excess=left_of("received", "total", "outside", "excess_back"),
            left=left_of("received", "outside", "refunded"),
        )
        return orders

    def overpaid(self) -> "OrderQuerySet":
        """Return paid orders that hold more than their total, not sent back yet (trust.md I8)."""
        granted = [Order.Status.PAID, Order.Status.REFUNDED]
        return self.with_money_left().filter(status__in=granted, excess__gt=0)

    def paid_after_end(self) -> "OrderQuerySet":
        """Return cancelled and expired orders that hold money."""
        return self.with_money_left().filter(
            status__in=[Order.Status.CANCELLED, Order.Status.EXPIRED], left__gt=0
        )

    def with_foreign_money(self) -> "OrderQuerySet":
        """Return orders that hold a payment in another currency than their own."""
        orders: OrderQuerySet = self.annotate(foreign=foreign_left())
        return orders.filter(foreign__gt=0)


class Order(SecretLink):
    """A purchase of credits at the price of the moment it was placed (rules.md 2).

    Its secret link shows the order to the accounts department without signing in.
    """

    link_purpose = "order"

    class Status(models.TextChoices):
        """How far the order has come."""

        QUOTED = "quoted", _("quoted")
        AWAITING = "awaiting", _("awaiting payment")
        PAID = "paid", _("paid")
        REFUNDED = "refunded", _("refunded")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    PAYABLE = (Status.QUOTED, Status.AWAITING)

    class Method(models.TextChoices):
        """How the buyer wants to pay."""

        CARD = "card", _("Card")
        TRANSFER = "transfer", _("Quote and bank transfer")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    key = models.CharField(_("idempotency key"), max_length=36, editable=False)
    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="orders", verbose_name=_("account")
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="orders",
        verbose_name=_("buyer"),
    )
    credits = models.PositiveIntegerField(_("credits"))
    unit_price = models.DecimalField(_("unit price, net"), max_digits=12, decimal_places=4)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax_rate = models.DecimalField(_("tax rate in per cent"), max_digits=5, decimal_places=2)
    tax_note = models.CharField(_("tax note"), max_length=200, blank=True)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=CURRENCY)
    method = models.CharField(_("payment method"), max_length=10, choices=Method.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    company = models.CharField(_("company"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=countries)
    address = models.TextField(_("billing address"), max_length=500, blank=True)
    tax_id = models.CharField(_("tax ID"), max_length=50, blank=True)
    po_number = models.CharField(_("PO number"), max_length=50, blank=True)
    payables_email = models.EmailField(_("accounts-payable address"), blank=True)
    lot = models.OneToOneField(
        CreditLot, on_delete=models.PROTECT, null=True, blank=True, related_name="order"
    )
    quote_valid_until = models.DateField(_("quote holds until"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    accepted_by = models.CharField(_("accepted by"), max_length=100, blank=True, editable=False)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    placed_by = models.CharField(
        _("placed by"),
        max_length=100,
        blank=True,
        editable=False,
        help_text=_("Staff, else empty."),
    )
    placed_at = models.DateTimeField(_("placed"), default=now, editable=False)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    cancelled_by = models.CharField(_("cancelled by"), max_length=100, blank=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        ordering = ["-placed_at", "-id"]
        indexes = [models.Index(fields=["account", "-placed_at", "-id"], name="order_of_account")]
        constraints = [
            models.UniqueConstraint(fields=["buyer", "key"], name="order_key_once_per_buyer"),
            models.CheckConstraint(
                condition=Q(credits__gte=1, credits__lte=MAX_CREDITS), name="order_credits_in_range"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gt=0, net__gt=0, tax__gte=0), name="order_money_positive"
            ),
            # Rounded, because SQLite adds decimals as binary fractions.
            models.CheckConstraint(
                condition=Q(total=Round(F("net") + F("tax"), precision=2)), name="order_total"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["paid", "refunded"], lot__isnull=False, paid_at__isnull=False
                )
                | Q(
                    status__in=["quoted", "awaiting", "cancelled", "expired"],
                    lot=None,
                    paid_at=None,
                ),
                name="order_lot_once_paid",
            ),
            models.CheckConstraint(
                condition=Q(method__in=["card", "transfer"]), name="order_method"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Return the owner's page of the order."""
        return reverse("purchasing:order", args=[self.number])

    def get_shared_url(self) -> str:
        """Return the page of the order that opens without signing in."""
        return reverse("purchasing:shared_order", args=[self.link_token])

    @property
    def is_payable(self) -> bool:
        """Tell whether a payment can still complete the order."""
        return self.status in self.PAYABLE

    @property
    def status_unpaid(self) -> "Order.Status":
        """Return the status in which the order waits for money: a quote until it is accepted."""
        is_quote = self.method == self.Method.TRANSFER and self.accepted_at is None
        return self.Status.QUOTED if is_quote else self.Status.AWAITING

    @property
    def quote_holds(self) -> bool:
        """Tell whether the price of a quote still stands: its last day counts."""
        return self.quote_valid_until is None or clock.today() <= self.quote_valid_until

    @property
    def is_paid(self) -> bool:
        """Tell whether the credits have been granted and not refunded."""
        return self.status == self.Status.PAID

    def amount_received(self) -> Decimal:
        """Return the money that has come so far, in the order's own currency."""
        standing = self.payments.filter(currency=self.currency, undone_at=None)
        amounts = standing.values_list("amount", flat=True)
        return sum(amounts, Decimal("0.00"))

    def amount_due(self) -> Decimal:
        """Return what is left to pay; never below zero."""
        return max(self.total - self.amount_received(), Decimal("0.00"))
