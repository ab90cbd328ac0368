"""The back office of purchasing: prices, tax rows, orders, and money that arrived."""

from . import orders, payments, prices

__all__ = ["orders", "payments", "prices"]
