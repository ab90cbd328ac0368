"""The mails of the expiry ladder; they name the last class that still fits (rules.md 8)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from accounts import ledger
from accounts.models import CreditAccount, CreditLot
from accounts.services import reminder_recipients, unsubscribe_url
from credits_portal.lib import clock
from credits_portal.lib.links import absolute
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue
from redemption.fitting import last_classes


def expiring_key(account: CreditAccount) -> str:
    """Name today's reminder of an account: one mail a day."""
    return f"account:{account.pk}:expiring:{clock.today().isoformat()}"


def was_reminded_today(account: CreditAccount) -> bool:
    """Tell whether today's reminder of the account is queued already."""
    return OutboundMail.objects.filter(key=expiring_key(account)).exists()


def queue_lots_expiring(*, account: CreditAccount, lots: Iterable[CreditLot], early: bool) -> None:
    """Remind owner and delegates of the lots; `early` reminders may be switched off."""
    ids = [lot.pk for lot in lots]
    for person in reminder_recipients(account, early=early):
        queue(
            name="redemption.lots_expiring",
            recipient=person.email,
            key=expiring_key(account),
            params={"account": account.pk, "lots": ids, "early": early},
            language=account.owner.language if person.email == account.owner.email else "",
            about=f"account:{account.pk}",
        )


@builds("redemption.lots_expiring")
def build_lots_expiring(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the reminder: amounts, dates, the last class that each lot still pays."""
    account = CreditAccount.objects.select_related("owner").get(pk=params["account"])
    lots = list(CreditLot.objects.filter(pk__in=params["lots"]).order_by("last_day", "id"))
    last = last_classes(lots)
    may_stop = params["early"] or recipient != account.owner.email
    context = {
        "account": account,
        "lots": [(lot, last.get(lot.pk)) for lot in lots],
        "total": sum(lot.available for lot in lots),
        "first": lots[0].last_day,
        "url": absolute(reverse("redemption:catalogue")),
    }
    return Content(
        template="redemption/lots_expiring",
        context=context,
        unsubscribe_url=unsubscribe_url(account, recipient) if may_stop else "",
    )


def queue_lots_expired(*, account: CreditAccount, lots: Iterable[CreditLot]) -> None:
    """Say once what expired."""
    amounts = {str(lot.pk): lot.expired + lot.available for lot in lots}
    queue(
        name="redemption.lots_expired",
        recipient=account.owner.email,
        key=f"account:{account.pk}:expired:{clock.today().isoformat()}",
        params={"account": account.pk, "lots": amounts},
        language=account.owner.language,
        about=f"account:{account.pk}",
    )


@builds("redemption.lots_expired")
def build_lots_expired(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice of what expired, and what is left."""
    account = CreditAccount.objects.get(pk=params["account"])
    lots = CreditLot.objects.filter(pk__in=params["lots"]).order_by("last_day", "id")
    context = {
        "account": account,
        "lots": [(lot, params["lots"][str(lot.pk)]) for lot in lots],
        "total": sum(params["lots"].values()),
        "balance": ledger.balance(account=account),
        "url": absolute(account.get_absolute_url()),
    }
    return Content(template="redemption/lots_expired", context=context)
