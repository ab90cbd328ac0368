"""A quote on its way: accepted, issued again, made in a customer's name."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings

from accounts.models import CreditAccount, User
from accounts.services.customers import customer_by_email
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from purchasing.exceptions import OrderClosed, PriceChanged, QuoteExpired
from purchasing.models import Order, TaxRule
from purchasing.pricing import Quote, quote, tax_on

from .cards import end_card_pages
from .documents import issue_invoice, issue_quote
from .orders import Purchase, place_order
from .payments import Actor, actor_name, grant_if_complete


@transactional
def accept_quote(*, order: Order, po_number: str, payables_email: str, actor: Actor) -> Order:
    """Accept a quote: the invoice goes to owner and accounts payable, and its price stands.

    An unpaid card order is invoiced the same way. Accepted again it stays as it is. Raises
    QuoteExpired and OrderClosed.
    """
    order = locked(order)
    if order.status == Order.Status.AWAITING and order.accepted_at:
        return order
    if order.status == Order.Status.EXPIRED or (order.is_payable and not order.quote_holds):
        raise QuoteExpired
    if not order.is_payable:
        raise OrderClosed
    order.po_number = po_number
    order.payables_email = payables_email
    begin_invoice(order, due_on=first_due_date(order), actor=actor)
    issue_invoice(order)
    return order


def begin_invoice(order: Order, *, due_on: date, actor: Actor) -> None:
    """Let a locked order await a transfer by `due_on`."""
    order.status = Order.Status.AWAITING
    order.method = Order.Method.TRANSFER
    order.accepted_at = order.accepted_at or clock.now()
    order.accepted_by = order.accepted_by or actor_name(actor)
    order.due_on = due_on
    order.cancelled_at = None
    order.cancelled_by = ""
    order.save(
        update_fields=[
            "status", "method", "accepted_at", "accepted_by", "due_on", "cancelled_at",
            "cancelled_by", "po_number", "payables_email",
        ]
    )  # fmt: skip


def first_due_date(order: Order) -> date:
    """Return the day that staff have set for the order, else INVOICE_DAYS from today."""
    if order.due_on and order.due_on >= clock.today():
        return order.due_on
    return clock.today() + timedelta(days=settings.INVOICE_DAYS)


@transactional
def renew_quote(*, order: Order, total: Decimal, actor: Actor) -> Order:
    """Issue a quote again at today's price, for another QUOTE_DAYS; `total` is what was shown.

    Money that came for it counts. Raises OrderClosed, NoPrice, PriceChanged.
    """
    price = quote(order.credits)
    tax_rule = TaxRule.objects.of(order.country)
    order = locked(order)
    if order.status not in (Order.Status.QUOTED, Order.Status.EXPIRED):
        raise OrderClosed
    tax = tax_on(price.net, tax_rule.rate)
    if price.net + tax != total:
        raise PriceChanged
    renewed = {
        "unit_price": price.unit_price,
        "net": price.net,
        "tax_rate": tax_rule.rate,
        "tax_note": tax_rule.note,
        "tax": tax,
        "total": total,
        "method": Order.Method.TRANSFER,
        "status": Order.Status.QUOTED,
        "quote_valid_until": clock.today() + timedelta(days=settings.QUOTE_DAYS),
    }
    if total != order.total:
        end_card_pages(order)
    for name, value in renewed.items():
        setattr(order, name, value)
    order.save(update_fields=list(renewed))
    issue_quote(order)
    grant_if_complete(order, actor=actor)
    return order


def price_today(order: Order) -> tuple[Quote, Decimal]:
    """Return what the order's credits cost now, and the total with tax. Raises NoPrice."""
    price = quote(order.credits)
    return price, price.net + tax_on(price.net, TaxRule.objects.of(order.country).rate)


@transactional
def quote_for_customer(
    *, email: str, name: str, purchase: Purchase, staff: User, key: str
) -> Order:
    """Make a quote in a customer's name and mail it; staff do (rules.md 9).

    It is for the customer's account of that name, or opens one. A customer without a user gets
    one that signs in by code. Raises NoPrice.
    """
    customer = customer_by_email(email=email, name=name)
    account = account_named(customer, purchase.new_account_name)
    return place_order(
        buyer=customer, purchase=replace(purchase, account=account), key=key, placed_by=staff
    )


def account_named(customer: User | None, name: str) -> CreditAccount | None:
    """Return the customer's own account of that name; None where a new one is to be opened."""
    owned = CreditAccount.objects.filter(owner=customer, name__iexact=name.strip())
    return owned.order_by("pk").first() if customer else None
