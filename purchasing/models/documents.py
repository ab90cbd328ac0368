"""The papers of an order: quotes, invoices, receipts, credit notes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .defaults import now
from .orders import Order
from .refunds import Refund


class Document(models.Model):
    """One numbered paper. Its facts are kept, so that it can be drawn again as it was."""

    class Kind(models.TextChoices):
        """What the paper is; each kind has a series of numbers of its own, by year."""

        QUOTE = "quote", _("quote")
        INVOICE = "invoice", _("invoice")
        RECEIPT = "receipt", _("receipt")
        CREDIT_NOTE = "credit_note", _("credit note")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="documents", verbose_name=_("order")
    )
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="credit_note"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=20, unique=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    facts = models.JSONField(_("facts"))
    issued_at = models.DateTimeField(_("issued"), default=now, editable=False)
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                condition=Q(replaced_at=None) & ~Q(kind="credit_note"),
                name="document_current_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_note", refund__isnull=False)
                | (~Q(kind="credit_note") & Q(refund=None)),
                name="document_refund_with_credit_note",
            ),
        ]

    def __str__(self) -> str:
        return self.number
