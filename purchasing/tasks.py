"""Wake-ups of purchasing: safe to repeat and to miss."""

import logging

from celery import shared_task

from purchasing import stripe_gateway
from purchasing.exceptions import PurchasingError
from purchasing.services import cards, events, lifecycle, refund_delivery

logger = logging.getLogger(__name__)


@shared_task(name="purchasing.apply_events", ignore_result=True)
def apply_events() -> None:
    """Apply what the card provider told and is due."""
    events.apply_events()


@shared_task(name="purchasing.close_card_pages", ignore_result=True)
def close_card_pages() -> None:
    """Look after card pages that should have ended."""
    if not stripe_gateway.is_configured():
        return
    try:
        cards.close_card_pages()
    except PurchasingError as error:
        logger.info("Card pages are looked after later: %s", error.code)


@shared_task(name="purchasing.advance_orders", ignore_result=True)
def advance_orders() -> None:
    """Expire quotes, remind of invoices, cancel what nobody paid."""
    lifecycle.advance_orders()


@shared_task(name="purchasing.pay_refunds", ignore_result=True)
def pay_refunds() -> None:
    """Ask the card provider to pay the refunds that are due."""
    refund_delivery.pay_back_due()
