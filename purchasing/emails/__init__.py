"""The mails of purchasing: per mail one function that queues it and one that builds it."""

from .money_back import queue_dispute, queue_payment_undone, queue_refund_failed
from .orders import (
    INVOICE_DUE,
    queue_invoice,
    queue_invoice_due,
    queue_order_cancelled,
    queue_quote,
)
from .payments import queue_credit_note, queue_payment_received

__all__ = [
    "INVOICE_DUE",
    "queue_credit_note",
    "queue_dispute",
    "queue_invoice",
    "queue_invoice_due",
    "queue_order_cancelled",
    "queue_payment_received",
    "queue_payment_undone",
    "queue_quote",
    "queue_refund_failed",
]
