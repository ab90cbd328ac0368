"""Everything about one account, for staff: a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.ledger import Balance, balance
from accounts.models import CreditAccount, CreditLot, Hold, LedgerEntry
from credits_portal.lib.formats import day, moment, money, number
from credits_portal.outbox.models import OutboundMail
from purchasing.models import Order
from redemption.models import Redemption

SHOWN = 25

Row = tuple[str, list[Any]]


@dataclass(frozen=True)
class Table:
    """A table of rows, each with the address of its own admin page."""

    title: str | Promise
    columns: Sequence[str | Promise]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Everything:
    """An account's balance and the latest of all that belongs to it."""

    balance: Balance
    tables: Sequence[Table]
    shown: int = SHOWN


def everything(account: CreditAccount) -> Everything:
    """Return all that staff look at on the account's page."""
    pk = account.pk
    tables = [lots(pk), entries(pk), holds(pk), orders(pk), registrations(pk), mails(pk)]
    owner_of_all = CreditAccount.objects.get(pk=pk)
    return Everything(balance=balance(account=owner_of_all), tables=tables)


def lots(account: int) -> Table:
    """Return the lots, soonest last day first."""
    rows = CreditLot.objects.filter(account=account).order_by("-last_day", "-id")[:SHOWN]
    columns = [_("Last usable day"), _("Bought"), _("Credits"), _("Price"), _("Available")]
    columns += [_("Held"), _("Redeemed"), _("Expired"), _("Withdrawn")]
    return Table(
        _("Lots"),
        columns,
        [
            (
                page(lot),
                [
                    day(lot.last_day),
                    day(lot.purchased_on),
                    number(lot.credits),
                    money(lot.unit_price),
                    number(lot.available),
                    number(lot.held),
                    number(lot.redeemed),
                    number(lot.expired),
                    number(lot.withdrawn),
                ],
            )
            for lot in rows
        ],
    )


def entries(account: int) -> Table:
    """Return the latest ledger entries."""
    rows = LedgerEntry.objects.filter(account=account).order_by("-number")[:SHOWN]
    return Table(
        _("Ledger entries"),
        [_("Number"), _("Kind"), _("Credits"), _("Reason"), _("Actor"), _("Effective")],
        [(page(row), [row.number, *_booked(row), moment(row.effective_at)]) for row in rows],
    )


def holds(account: int) -> Table:
    """Return what is held at the moment."""
    rows = Hold.objects.open().filter(account=account).order_by("-number")[:SHOWN]
    return Table(
        _("Open holds"),
        [_("Number"), _("Kind"), _("Credits"), _("Reason"), _("Actor")],
        [(page(row), [row.number, *_booked(row)]) for row in rows],
    )


def orders(account: int) -> Table:
    """Return the latest orders."""
    rows = Order.objects.filter(account=account).order_by("-id")[:SHOWN]
    return Table(
        _("Orders"),
        [_("Number"), _("Status"), _("Credits"), _("Total"), _("Placed")],
        [
            (
                page(row),
                [
                    row.number,
                    row.get_status_display(),
                    number(row.credits),
                    money(row.total),
                    moment(row.placed_at),
                ],
            )
            for row in rows
        ],
    )


def registrations(account: int) -> Table:
    """Return the latest registrations, as their registrants sent them."""
    rows = Redemption.objects.filter(account=account).select_related("training").order_by("-id")
    return Table(
        _("Registrations"),
        [_("Reference"), _("Registrant"), _("Training"), _("Credits"), _("Status"), _("Sent")],
        [
            (
                page(row),
                [
                    row.reference,
                    row.email,
                    row.training.title,
                    number(row.credits),
                    row.get_status_display(),
                    moment(row.submitted_at),
                ],
            )
            for row in rows[:SHOWN]
        ],
    )


def mails(account: int) -> Table:
    """Return the latest mails about the account."""
    rows = OutboundMail.objects.filter(about=f"account:{account}").order_by("-id")[:SHOWN]
    return Table(
        _("Mails"),
        [_("Mail"), _("To"), _("Subject"), _("State"), _("Created")],
        [
            (
                page(row),
                [
                    row.name,
                    row.recipient,
                    row.subject,
                    row.get_state_display(),
                    moment(row.created_at),
                ],
            )
            for row in rows
        ],
    )


def page(row: Model) -> str:
    """Return the address of the row's own admin page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _booked(entry: LedgerEntry) -> list[Any]:
    return [entry.get_kind_display(), number(entry.credits), entry.reason, entry.actor]
