"""The back office of purchasing: prices, tax rows, orders, and money that arrived."""

from . import events, orders, payments, prices

__all__ = ["events", "orders", "payments", "prices"]
