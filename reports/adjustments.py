"""What the admin's account page can do to credits: previewed, then booked by the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CreditAccount, User
from accounts.services.adjustments import grant_credits, move_credits, withdraw_credits
from credits_portal.lib import formats

from .forms import AdjustForm, IssueForm, MoveForm, WithdrawForm

Given = dict[str, Any]


@dataclass(frozen=True)
class Adjustment:
    """A kind of adjustment: its form, what it will do in words, and how it is booked."""

    title: str | Promise
    form: type[AdjustForm]
    preview: Callable[[CreditAccount, Given], str]
    book: Callable[[CreditAccount, Given, User], None]


def preview_withdrawal(account: CreditAccount, given: Given) -> str:
    """Say what a withdrawal does."""
    return _("%(credits)s leave %(account)s; %(left)s stay available in the lot until %(day)s.") % {
        "credits": formats.credits(given["credits"]),
        "account": account,
        "left": formats.credits(given["lot"].available - given["credits"]),
        "day": formats.day(given["lot"].last_day),
    }


def withdraw(_account: CreditAccount, given: Given, actor: User) -> None:
    """Take credits out of circulation."""
    names = ("lot", "credits", "reason")
    withdraw_credits(key=str(given["key"]), actor=actor, **{name: given[name] for name in names})


def preview_issue(account: CreditAccount, given: Given) -> str:
    """Say what an issue does."""
    return _("%(credits)s at %(price)s are granted to %(account)s, usable until %(day)s.") % {
        "credits": formats.credits(given["credits"]),
        "price": formats.unit_price(given["unit_price"] or Decimal(0)),
        "account": account,
        "day": formats.day(given["last_day"]),
    }


def issue(account: CreditAccount, given: Given, actor: User) -> None:
    """Give credits as a lot bought today."""
    grant_credits(
        account=CreditAccount.objects.get(pk=account.pk),
        credits=given["credits"],
        unit_price=given["unit_price"] or Decimal(0),
        last_day=given["last_day"],
        key=str(given["key"]),
        actor=actor,
        reason=given["reason"],
    )


def preview_move(account: CreditAccount, given: Given) -> str:
    """Say what a move does."""
    return _(
        "%(credits)s leave %(account)s and arrive in %(to)s as a lot of their own, "
        "at %(price)s each and usable until %(day)s as before."
    ) % {
        "credits": formats.credits(given["credits"]),
        "account": account,
        "to": f"{given['to']} ({given['to'].owner})",
        "price": formats.unit_price(given["lot"].unit_price),
        "day": formats.day(given["lot"].last_day),
    }


def move(_account: CreditAccount, given: Given, actor: User) -> None:
    """Move credits to the other account."""
    names = ("lot", "credits", "to", "reason")
    move_credits(key=str(given["key"]), actor=actor, **{name: given[name] for name in names})


ADJUSTMENTS = {
    "withdraw": Adjustment(
        gettext_lazy("Withdraw credits"), WithdrawForm, preview_withdrawal, withdraw
    ),
    "issue": Adjustment(gettext_lazy("Grant credits"), IssueForm, preview_issue, issue),
    "move": Adjustment(
        gettext_lazy("Move credits to another account"), MoveForm, preview_move, move
    ),
}
