"""What purchasing refuses, each with a message for the person and a code for the tests."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PurchasingError(Exception):
    """The base of every refusal; `message` may be shown to whoever asked."""

    code = "refused"
    message: str | Promise = _("This is not possible.")

    def __str__(self) -> str:
        return str(self.message)


class NoPrice(PurchasingError):
    """No price list in force has a tier for the amount."""

    code = "no_price"
    message = _("There is no price for this amount at the moment. Nothing was ordered.")


class KeyReused(PurchasingError):
    """The form's idempotency key already placed an order with other contents."""

    code = "key_reused"
    message = _("This form has already placed another order. Start again to place one more.")


class OrderClosed(PurchasingError):
    """The order is paid, cancelled, expired or refunded: its terms stand."""

    code = "order_closed"
    message = _("This order can no longer be changed.")


class AccountNotOwned(PurchasingError):
    """Only the owner buys for an account (rules.md 9)."""

    code = "account_not_owned"
    message = _("Only the owner of an account buys credits for it.")


class PaymentRefused(PurchasingError):
    """A payment that cannot be recorded: amount, currency or date make no sense."""

    code = "payment_refused"
    message = _("Enter an amount above zero and a date that is not in the future.")


class PaymentReused(PurchasingError):
    """The provider's id of this payment stands for another order, amount or currency."""

    code = "payment_reused"
    message = _(
        "This reference is already booked, for another order or with another amount. "
        "Enter the bank's own reference of this transfer."
    )


class AmountChanged(PurchasingError):
    """What is due is no longer what the page showed."""

    code = "amount_changed"
    message = _("What is due has changed since this page was opened. Check it and try again.")


class PaymentUnderWay(PurchasingError):
    """A card payment of the order was made and is about to be booked."""

    code = "payment_under_way"
    message = _("A card payment of this order is being confirmed.")


class OrderUnknown(PurchasingError):
    """Money came for an order number that this portal does not know."""

    code = "order_unknown"
    message = _("The order that this payment names does not exist.")


class GatewayError(PurchasingError):
    """The card provider did not do what it was asked; `detail` is its own word, for staff."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "")
        self.detail = detail or ""


class GatewayRefused(GatewayError):
    """The card provider says no: nothing happened, and asking again changes nothing."""

    code = "gateway_refused"
    message = _("The card service does not accept this. Nothing was charged or paid back.")


class GatewayUnavailable(GatewayError):
    """The card provider cannot be reached or does not know yet: ask again, with the same key."""

    code = "gateway_unavailable"
    message = _("The card service cannot be reached at the moment. Try again in a few minutes.")


class GatewayConflict(GatewayUnavailable):
    """The key was used before, for something else."""

    code = "gateway_conflict"


class QuoteExpired(PurchasingError):
    """The days for which the quote held its price are over."""

    code = "quote_expired"
    message = _("This quote has expired. Get a new one at today’s price.")


class PriceChanged(PurchasingError):
    """The price is another one than was shown."""

    code = "price_changed"
    message = _("The price has changed since this page was opened. Check it again.")


class ShortfallRefused(PurchasingError):
    """What is left to pay is nothing, or too much, or nothing has arrived yet."""

    code = "shortfall_refused"
    message = _("What is left to pay cannot be booked as a bank charge.")


class DueDateRefused(PurchasingError):
    """An invoice cannot be due in the past."""

    code = "due_date_refused"
    message = _("Enter today or a later day.")


class RefundRefused(PurchasingError):
    """A refund that cannot be made as asked: `code` says what stands against it."""

    REASONS = {
        "no_lot": _("This order has no credits to take back."),
        "no_credits": _("Fewer credits of this order are unspent and unheld."),
        "no_excess": _("Less money than this came beyond what the order costs."),
        "no_money": _("Less money than this is left of the payment. Choose another payment."),
        "currency": _("This payment is in another currency: pay its money back as an amount."),
        "nothing": _("Enter either credits or an amount."),
        "written_off": _("What was written off cannot be paid back."),
        "not_waiting": _("This refund is no longer waiting for its transfer."),
        "key_reused": _("This form has already made another refund. Start again to make one more."),
        "reference_used": _("This reference is noted for another refund."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = self.REASONS[code]


class UndoRefused(PurchasingError):
    """A payment whose booking stands: `code` says why."""

    REASONS = {
        "not_by_hand": _("Only transfers are undone. Refund a card payment instead."),
        "spent": _("Credits of this order are spent, held or withdrawn already."),
        "money_back": _("Money of this order was paid back or is disputed."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = self.REASONS[code]
