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
