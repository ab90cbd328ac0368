"""Placing, changing and ending orders, and booking the money that arrives for them."""

from .orders import Billing, Purchase, cancel_order, correct_billing, place_order
from .payments import Settlement, preview, settle

__all__ = [
    "Billing",
    "Purchase",
    "Settlement",
    "cancel_order",
    "correct_billing",
    "place_order",
    "preview",
    "settle",
]
