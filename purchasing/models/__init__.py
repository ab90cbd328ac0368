"""Prices, orders, the money that arrives and goes back, and the papers of it all."""

from .defaults import now
from .documents import Document
from .events import ProviderEvent
from .numbers import NumberSeries
from .orders import CURRENCY, Order
from .payments import CardSession, Payment
from .prices import PriceList, PriceTier, TaxRule
from .refunds import Dispute, Refund, Shortfall

__all__ = [
    "CURRENCY",
    "CardSession",
    "Dispute",
    "Document",
    "NumberSeries",
    "Order",
    "Payment",
    "PriceList",
    "PriceTier",
    "ProviderEvent",
    "Refund",
    "Shortfall",
    "TaxRule",
    "now",
]
