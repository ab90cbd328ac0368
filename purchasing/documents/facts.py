"""What a paper says, kept as JSON when it is issued: raw values, put into words when drawn."""

from typing import Any

from django.conf import settings

from credits_portal.lib import clock
from purchasing.models import Order, Payment, Refund

Facts = dict[str, Any]


def quote_facts(order: Order) -> Facts:
    """Return the facts of a quote: its price holds until a day."""
    return _common(order) | {"valid_until": _day(order.quote_valid_until)}


def invoice_facts(order: Order) -> Facts:
    """Return the facts of an invoice, with what has been received by now."""
    return _common(order) | {
        "due_on": _day(order.due_on),
        "received": str(order.amount_received()),
    }


def receipt_facts(order: Order) -> Facts:
    """Return the facts of the receipt of a paid order: each payment, and the last usable day."""
    standing = order.payments.filter(currency=order.currency, undone_at=None).order_by("pk")
    return _common(order) | {
        "payments": [_payment(payment) for payment in standing],
        "last_day": _day(order.lot.last_day if order.lot else None),
    }


def credit_note_facts(refund: Refund) -> Facts:
    """Return the facts of a credit note: what was paid back, for how many credits."""
    return _common(refund.order) | {
        "credits": refund.credits,
        "net": str(refund.net),
        "tax": str(refund.tax),
        "total": str(refund.amount),
        "currency": refund.currency,
        "paid_on": _day(refund.paid_on),
        "provider": refund.provider,
    }


def _common(order: Order) -> Facts:
    owner = order.account.owner
    return {
        "programme": settings.PORTAL_NAME,
        "support": settings.SUPPORT_EMAIL,
        "seller": settings.SELLER_DETAILS,
        "bank": settings.BANK_DETAILS,
        "issued_on": _day(clock.today()),
        "order": order.number,
        "account": order.account.name,
        "credits": order.credits,
        "unit_price": str(order.unit_price),
        "net": str(order.net),
        "tax_rate": str(order.tax_rate),
        "tax_note": order.tax_note,
        "tax": str(order.tax),
        "total": str(order.total),
        "currency": order.currency,
        "buyer": owner.get_full_name(),
        "buyer_email": owner.email,
        "company": order.company,
        "address": order.address,
        "country": order.country,
        "tax_id": order.tax_id,
        "po_number": order.po_number,
        "payables_email": order.payables_email,
    }


def _payment(payment: Payment) -> Facts:
    return {
        "received_on": _day(payment.received_on),
        "provider": payment.provider,
        "reference": payment.external_id if payment.provider == Payment.Provider.BANK else "",
        "amount": str(payment.amount),
    }


def _day(day: Any) -> str:
    return day.isoformat() if day else ""
