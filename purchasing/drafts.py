"""A purchase on its way from the amount to the order, kept in the visitor's session.

It survives signing up and in, and is checked again when the order is placed.
"""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import CreditAccount, User

from .models import Order, TaxRule
from .pricing import Quote, quote, tax_on
from .services import Billing, Purchase

SESSION_KEY = "purchase"
PLACED_KEY = "purchase_placed"


@dataclass(kw_only=True)
class Draft:
    """What the buyer has said so far; `account` is a public id, empty for a new account."""

    credits: int
    account: str = ""
    account_name: str = ""
    method: str = ""
    billing: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def has_method(self) -> bool:
        """Tell whether the second step is done."""
        return bool(self.method and self.billing)

    def save(self, session: SessionBase) -> None:
        """Keep the draft for the visitor's next page."""
        session[SESSION_KEY] = asdict(self)
        session.pop(PLACED_KEY, None)

    def account_of(self, user: User | AnonymousUser) -> CreditAccount | None:
        """Return the account it is for if `user` owns it; None for a new or foreign one."""
        if not (self.account and isinstance(user, User)):
            return None
        return CreditAccount.objects.owned_by(user).filter(public_id=self.account).first()

    def billing_of(self, user: User | AnonymousUser) -> dict[str, str]:
        """Return what the second step starts with: what was said, else the account's last order.

        A PO number is for one order. Company and country are asked anew of a new account.
        """
        if self.billing:
            return self.billing
        account = self.account_of(user)
        last = Order.objects.filter(account=account).first() if account else None
        if last is None:
            return {"company": self.account_name}
        return {name: getattr(last, name) for name in Billing.__dataclass_fields__} | {
            "po_number": ""
        }

    def purchase(self, account: CreditAccount | None) -> Purchase:
        """Return it as what `place_order` takes."""
        return Purchase(
            credits=self.credits,
            method=self.method,
            billing=Billing(**self.billing),
            account=account,
            new_account_name=self.account_name,
        )


def load(session: SessionBase) -> Draft | None:
    """Return the visitor's draft, if there is one that this release understands."""
    try:
        return Draft(**session[SESSION_KEY])
    except (KeyError, TypeError):
        return None


def finish(session: SessionBase, order: Order) -> None:
    """Forget the draft: its order is placed, and the pages before lead on to it."""
    session.pop(SESSION_KEY, None)
    session[PLACED_KEY] = order.number


def placed_order(session: SessionBase, user: User | AnonymousUser) -> Order | None:
    """Return the order that the visitor's last draft became, while no new one is begun."""
    if not (isinstance(user, User) and PLACED_KEY in session):
        return None
    return Order.objects.owned_by(user).filter(number=session[PLACED_KEY]).first()


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the check page shows of a draft's money, at the prices of this moment."""

    quote: Quote
    tax_rule: TaxRule
    tax: Decimal
    total: Decimal


def bill_of(draft: Draft) -> Bill:
    """Return what the draft costs now. Raises NoPrice."""
    price = quote(draft.credits)
    tax_rule = TaxRule.objects.of(draft.billing["country"])
    tax = tax_on(price.net, tax_rule.rate)
    return Bill(quote=price, tax_rule=tax_rule, tax=tax, total=price.net + tax)


def seen_as(draft: Draft, bill: Bill) -> str:
    """Return a digest of all that the check page shows of the order.

    The form brings it back: what changed meanwhile (another tab, a new price) is shown again
    before anything is ordered.
    """
    facts = [asdict(draft), str(bill.quote.unit_price), str(bill.total), bill.tax_rule.note]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
