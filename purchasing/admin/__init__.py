"""The back office of purchasing: prices, tax rows, orders, and money that arrived."""

from . import documents, events, orders, payments, prices, refunds

__all__ = ["documents", "events", "orders", "payments", "prices", "refunds"]
