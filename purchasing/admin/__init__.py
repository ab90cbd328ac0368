"""The back office of purchasing: prices, tax rows, orders, and money that arrived."""

from . import documents, events, orders, payments, prices

__all__ = ["documents", "events", "orders", "payments", "prices"]
