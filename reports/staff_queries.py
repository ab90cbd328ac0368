"""Everything about one account, for staff: a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Model, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.ledger import Balance, balance
from accounts.models import CreditAccount, CreditLot, Delegate, Hold, LedgerEntry, Passkey, User
from accounts.services import names_of_actors
from credits_portal.lib import clock
from credits_portal.lib.formats import day, moment, money, number, unit_price
from credits_portal.outbox.models import OutboundMail
from purchasing.models import Order
from redemption.models import Redemption, TrainingSession

SHOWN = 25
FAILED_DAYS = 7

Row = tuple[str, list[Any]]


@dataclass(frozen=True)
class Table:
    """A table of rows, each with the address of its own admin page; `more` leads to all."""

    title: str | Promise
    columns: Sequence[str | Promise]
    rows: Sequence[Row]
    more: str = ""


@dataclass(frozen=True)
class Everything:
    """An account's balance and the latest of all that belongs to it."""

    balance: Balance
    tables: Sequence[Table]
    shown: int = SHOWN


def waiting_for(user: User) -> list[tuple[str, str]]:
    """Return what waits for this member of staff: a text and where it is done."""
    said = []
    if user.has_perm("redemption.change_trainingsession"):
        classes = TrainingSession.objects.to_mark().count()
        text = ngettext(
            "%s class is over and its attendance not marked",
            "%s classes are over and their attendance not marked",
            classes,
        )
        address = reverse("admin:redemption_trainingsession_changelist") + "?attendance=open"
        said.append((classes, text, address))
    if user.has_perm("outbox.resend_outboundmail"):
        failed = OutboundMail.objects.filter(state=OutboundMail.State.FAILED)
        mails = failed.filter(queued_at__gt=clock.now() - timedelta(days=FAILED_DAYS)).count()
        text = ngettext(
            "%s mail of the past week has failed", "%s mails of the past week have failed", mails
        )
        address = reverse("admin:outbox_outboundmail_changelist") + "?state__exact=failed"
        said.append((mails, text, address))
    return [(text % number(count), address) for count, text, address in said if count]


def everything(account: CreditAccount) -> Everything:
    """Return all that staff look at on the account's page."""
    pk = account.pk
    tables = [lots(pk), holds(pk), orders(pk), registrations(pk), entries(pk)]
    tables += [people(pk), passkeys(pk), mails(pk)]
    owner_of_all = CreditAccount.objects.get(pk=pk)
    return Everything(balance=balance(account=owner_of_all), tables=tables)


def lots(account: int) -> Table:
    """Return the lots as they are drawn, soonest last day first; then those past it."""
    is_over = Case(When(last_day__lt=clock.today(), then=1), default=0)
    rows = CreditLot.objects.filter(account=account).order_by(is_over, "last_day", "id")[:SHOWN]
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
                    unit_price(lot.unit_price),
                    number(lot.available),
                    number(lot.held),
                    number(lot.redeemed),
                    number(lot.expired),
                    number(lot.withdrawn),
                ],
            )
            for lot in rows
        ],
        every(CreditLot, account),
    )


def entries(account: int) -> Table:
    """Return the latest ledger entries."""
    rows = LedgerEntry.objects.filter(account=account).order_by("-number")[:SHOWN]
    return Table(
        _("Ledger entries"),
        [_("Number"), _("Kind"), _("Credits"), _("Reason"), _("Actor"), _("Effective")],
        [(page(row), [*booked, moment(row.effective_at)]) for row, booked in _booked(rows)],
        every(LedgerEntry, account),
    )


def holds(account: int) -> Table:
    """Return what is held at the moment."""
    rows = Hold.objects.open().filter(account=account).order_by("-number")[:SHOWN]
    return Table(
        _("Open holds"),
        [_("Number"), _("Kind"), _("Credits"), _("Reason"), _("Actor")],
        [(page(row), booked) for row, booked in _booked(rows)],
        every(Hold, account),
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
        every(Order, account),
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
        every(Redemption, account),
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
        every(OutboundMail, account),
    )


def every(model: type[Model], account: int) -> str:
    """Return the address of the admin's list of the account's rows."""
    of_account = f"account__id__exact={account}"
    if model is OutboundMail:
        of_account = f"about__exact=account:{account}"
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?{of_account}"


def people(account: int) -> Table:
    """Return the delegates, the latest invited first."""
    rows = Delegate.objects.filter(account=account).order_by("-id")[:SHOWN]
    return Table(
        _("Delegates"),
        [_("Email address"), _("Name"), _("Status"), _("Invited"), _("Accepted"), _("Removed")],
        [
            (
                "",
                [
                    row.email,
                    row.name,
                    row.get_status_display(),
                    *map(_when, (row.invited_at, row.accepted_at, row.removed_at)),
                ],
            )
            for row in rows
        ],
    )


def passkeys(account: int) -> Table:
    """Return the passkeys by their last four characters, the latest first."""
    rows = Passkey.objects.filter(account=account).order_by("-id")[:SHOWN]
    return Table(
        _("Training passkeys"),
        [_("Last four"), _("Made"), _("Last used"), _("Replaced")],
        [
            ("", [row.last_four, *map(_when, (row.created_at, row.last_used_at, row.replaced_at))])
            for row in rows
        ],
    )


def _when(value: datetime | None) -> str:
    return moment(value) if value else "-"


def page(row: Model) -> str:
    """Return the address of the row's own admin page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _booked(rows: Iterable[LedgerEntry]) -> list[tuple[LedgerEntry, list[Any]]]:
    entries = list(rows)
    names = names_of_actors(entry.actor for entry in entries)
    return [
        (
            entry,
            [
                entry.number,
                entry.get_kind_display(),
                number(entry.credits),
                entry.reason,
                names[entry.actor],
            ],
        )
        for entry in entries
    ]
