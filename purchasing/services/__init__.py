"""Placing, changing and ending orders, their papers, and booking the money that arrives."""

from .documents import issue_credit_note
from .lifecycle import advance_orders, reopen_order, set_due_date
from .orders import Billing, Purchase, cancel_order, correct_billing, place_order
from .payments import Settlement, can_write_off, preview, settle, write_off_shortfall
from .quotes import accept_quote, account_named, price_today, quote_for_customer, renew_quote

__all__ = [
    "Billing",
    "Purchase",
    "Settlement",
    "accept_quote",
    "account_named",
    "advance_orders",
    "can_write_off",
    "cancel_order",
    "correct_billing",
    "issue_credit_note",
    "place_order",
    "preview",
    "price_today",
    "quote_for_customer",
    "renew_quote",
    "reopen_order",
    "set_due_date",
    "settle",
    "write_off_shortfall",
]
