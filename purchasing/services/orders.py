"""Placing an order, correcting its billing party, cancelling it."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from accounts.models import CreditAccount, User
from accounts.services import open_account
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from purchasing import emails
from purchasing.exceptions import AccountNotOwned, KeyReused, OrderClosed
from purchasing.models import CURRENCY, Order, TaxRule
from purchasing.pricing import quote, tax_on

from .cards import end_card_pages
from .documents import issue_quote, reissue
from .numbers import lock_series, next_number
from .payments import Actor, actor_name, grant_if_complete

NUMBER_PREFIX = "TC"


@dataclass(frozen=True, kw_only=True)
class Billing:
    """The party that pays, as its accounts department wants it on paper."""

    country: str
    company: str = ""
    address: str = ""
    tax_id: str = ""
    po_number: str = ""
    payables_email: str = ""


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What is ordered: for an account of the buyer, or for a new one of the given name."""

    credits: int
    method: str
    billing: Billing
    account: CreditAccount | None = None
    new_account_name: str = ""


@transactional
def place_order(
    *, buyer: User, purchase: Purchase, key: str, placed_by: Actor | None = None
) -> Order:
    """Place an order at today's price, which stays the order's own (rules.md 2).

    A transfer begins with a quote, mailed at once; a card order waits for its payment. The price
    holds for QUOTE_DAYS. `placed_by` is the member of staff who orders for the buyer. The same
    `key` again returns the first order; with other contents it raises KeyReused. Raises
    AccountNotOwned and NoPrice.
    """
    price = quote(purchase.credits)
    tax_rule = TaxRule.objects.of(purchase.billing.country)
    series = lock_series("order")
    if known := Order.objects.filter(buyer=buyer, key=key).select_related("account").first():
        return _same_purchase(known, purchase)
    tax = tax_on(price.net, tax_rule.rate)
    order = Order(
        number=next_number(series, NUMBER_PREFIX),
        key=key,
        account=_account_for(buyer, purchase),
        buyer=buyer,
        credits=price.credits,
        unit_price=price.unit_price,
        net=price.net,
        tax_rate=tax_rule.rate,
        tax_note=tax_rule.note,
        tax=tax,
        total=price.net + tax,
        currency=CURRENCY,
        method=purchase.method,
        quote_valid_until=clock.today() + timedelta(days=settings.QUOTE_DAYS),
        placed_by=actor_name(placed_by) if placed_by else "",
        **asdict(purchase.billing),
    )
    order.status = order.status_unpaid
    order.save()
    if order.status == Order.Status.QUOTED:
        issue_quote(order)
    return order


@transactional
def correct_billing(*, order: Order, billing: Billing, actor: Actor) -> Order:
    """Replace PO number and billing party until the order is paid; the tax follows the country.

    The net price stays. Papers that ask for the money are issued anew and mailed, the old ones
    marked as replaced. Raises OrderClosed.
    """
    order = locked(order)
    if not order.is_payable:
        raise OrderClosed
    tax_rule = TaxRule.objects.of(billing.country)
    changed: dict[str, Any] = asdict(billing)
    if all(getattr(order, name) == value for name, value in changed.items()):
        return order
    if billing.country != order.country:
        tax = tax_on(order.net, tax_rule.rate)
        changed |= {
            "tax_rate": tax_rule.rate,
            "tax_note": tax_rule.note,
            "tax": tax,
            "total": order.net + tax,
        }
    if changed.get("total", order.total) != order.total:
        end_card_pages(order)
    for name, value in changed.items():
        setattr(order, name, value)
    order.save(update_fields=list(changed))
    grant_if_complete(order, actor=actor)
    reissue(order)
    return order


@transactional
def cancel_order(*, order: Order, actor: Actor) -> Order:
    """Cancel an order that is not paid; one that is cancelled already stays as it is.

    Money that arrived for it is listed for refund. Raises OrderClosed.
    """
    order = locked(order)
    if order.status == Order.Status.CANCELLED:
        return order
    if not order.is_payable:
        raise OrderClosed
    order.status = Order.Status.CANCELLED
    order.cancelled_at = clock.now()
    order.cancelled_by = actor_name(actor)
    order.save(update_fields=["status", "cancelled_at", "cancelled_by"])
    end_card_pages(order)
    emails.queue_order_cancelled(order)
    return order


def _account_for(buyer: User, purchase: Purchase) -> CreditAccount:
    """Return the account that the purchase names, read again, or open the new one."""
    if purchase.account is None:
        return open_account(owner=buyer, name=purchase.new_account_name)
    account = CreditAccount.objects.owned_by(buyer).filter(pk=purchase.account.pk).first()
    if account is None:
        raise AccountNotOwned
    return account


def _same_purchase(known: Order, purchase: Purchase) -> Order:
    """Return the order that the key placed if it is what is asked for again."""
    same_account = (
        known.account == purchase.account
        if purchase.account
        else known.account.name == purchase.new_account_name
    )
    if not same_account or (known.credits, known.method) != (purchase.credits, purchase.method):
        raise KeyReused
    return known
