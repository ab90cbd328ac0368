"""The mails about accounts: per mail one function that queues and one that builds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from credits_portal.lib import clock
from credits_portal.lib.formats import credits as as_credits
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds, finds_language
from credits_portal.outbox.services import queue

from .models import CreditAccount, Delegate, LedgerEntry, Passkey, User


@finds_language
def language_of(recipient: str) -> str:
    """Return the language that somebody who signs in has chosen for their mails."""
    return User.objects.filter(email=recipient).values_list("language", flat=True).first() or ""


def passkey_replaced(*, passkey: Passkey, actor: User) -> None:
    """Tell the owner that the old passkey has stopped (rules.md 4)."""
    _to_owner(
        "passkey_replaced",
        passkey.account,
        key=f"passkey:{passkey.pk}:replaced",
        params={"passkey": passkey.pk, "by": str(actor)},
    )


@builds("accounts.passkey_replaced")
def build_passkey_replaced(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the mail; it never holds the passkey itself."""
    passkey = Passkey.objects.select_related("account").get(pk=params["passkey"])
    return _content("passkey_replaced", passkey.account, params, "passkey", passkey=passkey)


def delegate_invited(*, delegate: Delegate) -> None:
    """Invite; every sending has a key of its own, by the moment of the invitation."""
    _to_delegate("delegate_invited", delegate, moment=delegate.invited_at)


@builds("accounts.delegate_invited")
def build_delegate_invited(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the invitation with the link that its receiver accepts by."""
    delegate = Delegate.objects.select_related("account__owner").get(pk=params["delegate"])
    url = absolute(reverse("accounts:invitation", args=[delegate.link_token]))
    return _content("delegate_invited", delegate.account, params, delegate=delegate, url=url)


def delegate_accepted(*, delegate: Delegate) -> None:
    """Tell the owner who can decide from now on."""
    _to_owner(
        "delegate_accepted",
        delegate.account,
        key=f"delegate:{delegate.pk}:accepted",
        params={"delegate": delegate.pk},
    )


@builds("accounts.delegate_accepted")
def build_delegate_accepted(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the owner's notice."""
    delegate = Delegate.objects.select_related("account").get(pk=params["delegate"])
    return _content("delegate_accepted", delegate.account, params, "delegates", delegate=delegate)


def delegate_removed(*, delegate: Delegate) -> None:
    """Tell the former delegate."""
    _to_delegate("delegate_removed", delegate)


@builds("accounts.delegate_removed")
def build_delegate_removed(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the former delegate's notice."""
    delegate = Delegate.objects.select_related("account__owner").get(pk=params["delegate"])
    return _content("delegate_removed", delegate.account, params, delegate=delegate)


def ownership_offered(*, delegate: Delegate) -> None:
    """Ask the delegate whether they take the account over."""
    _to_delegate("ownership_offered", delegate, moment=delegate.ownership_offered_at)


@builds("accounts.ownership_offered")
def build_ownership_offered(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the offer; taking it asks for signing in."""
    delegate = Delegate.objects.select_related("account__owner").get(pk=params["delegate"])
    return _content("ownership_offered", delegate.account, params, "ownership", delegate=delegate)


def ownership_declined(*, delegate: Delegate) -> None:
    """Tell the owner that the delegate does not take the account over."""
    offered_at = delegate.ownership_offered_at
    _to_owner(
        "ownership_declined",
        delegate.account,
        key=f"delegate:{delegate.pk}:declined:{offered_at.isoformat() if offered_at else ''}",
        params={"delegate": delegate.pk},
    )


@builds("accounts.ownership_declined")
def build_ownership_declined(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the owner's notice; the account can be offered to somebody else."""
    delegate = Delegate.objects.select_related("account").get(pk=params["delegate"])
    return _content("ownership_declined", delegate.account, params, "ownership", delegate=delegate)


def owner_changed(*, account: CreditAccount, former: User) -> None:
    """Tell the former and the new owner."""
    key = f"account:{account.pk}:owner:{clock.now().isoformat()}"
    for person in (former, account.owner):
        queue(
            name="accounts.owner_changed",
            recipient=person.email,
            key=key,
            params={"account": account.pk, "former": former.pk, "owner": account.owner_id},
            language=person.language,
            about=f"account:{account.pk}",
        )


@builds("accounts.owner_changed")
def build_owner_changed(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice; the new owner is offered to replace the passkey."""
    people = User.objects.in_bulk([params["former"], params["owner"]])
    former, owner = people[params["former"]], people[params["owner"]]
    account = CreditAccount.objects.get(pk=params["account"])
    is_new = recipient == owner.email
    page = "passkey" if is_new else ""
    return _content(
        "owner_changed", account, params, page, former=former, owner=owner, is_new=is_new
    )


def settings_changed(*, account: CreditAccount, actor: User, changes: Mapping[str, Any]) -> None:
    """Tell the owner what was changed, and by whom."""
    _to_owner(
        "settings_changed",
        account,
        key=f"account:{account.pk}:settings:{clock.now().isoformat()}",
        params={"account": account.pk, "by": str(actor), "changes": list(changes.items())},
    )


@builds("accounts.settings_changed")
def build_settings_changed(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the notice with each changed setting and its value then."""
    account = CreditAccount.objects.get(pk=params["account"])
    changes = [
        (getattr(CreditAccount._meta.get_field(name), "verbose_name", name), _setting(value))
        for name, value in params["changes"]
    ]
    return _content("settings_changed", account, params, "settings", changes=changes)


def low_balance(
    *, account: CreditAccount, left: int, recipients: Mapping[str, str], cause: str
) -> None:
    """Tell owner and delegates, addresses with languages, that the balance is low now."""
    for recipient, language in recipients.items():
        queue(
            name="accounts.low_balance",
            recipient=recipient,
            key=f"account:{account.pk}:low-balance:{cause}",
            params={"account": account.pk, "left": left, "threshold": account.low_balance_at},
            language=language,
            about=f"account:{account.pk}",
        )


@builds("accounts.low_balance")
def build_low_balance(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the alert with the balance of that moment; only the owner can buy or switch it off."""
    account = CreditAccount.objects.select_related("owner").get(pk=params["account"])
    return _content(
        "low_balance",
        account,
        params,
        left=params["left"],
        threshold=params["threshold"],
        is_owner=recipient == account.owner.email,
        url=absolute(account.get_absolute_url()),
    )


def credits_adjusted(*, entry: LedgerEntry, left: int) -> None:
    """Tell the owner that staff gave or took credits by hand; `left` are available (rules.md 9)."""
    _to_owner(
        "credits_adjusted",
        entry.account,
        key=f"entry:{entry.pk}:adjusted",
        params={"entry": entry.pk, "reason": entry.reason, "left": left},
    )


@builds("accounts.credits_adjusted")
def build_credits_adjusted(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the notice with the reason that staff gave, and the balance of that moment."""
    entry = LedgerEntry.objects.select_related("account").get(pk=params["entry"])
    return _content(
        "credits_adjusted",
        entry.account,
        params,
        credits=entry.credits,
        lot=entry.postings.select_related("lot").get().lot,
        is_gift=entry.kind == LedgerEntry.Kind.ISSUE,
        left=params["left"],
        url=absolute(entry.account.get_absolute_url()),
    )


def account_frozen(*, account: CreditAccount, reason: str, recipients: list[str]) -> None:
    """Tell owner and delegates that spending has stopped (rules.md 7)."""
    _to_all("account_frozen", account, reason, recipients)


def account_released(*, account: CreditAccount, reason: str, recipients: list[str]) -> None:
    """Tell owner and delegates that the account spends again."""
    _to_all("account_released", account, reason, recipients)


@builds("accounts.account_frozen")
def build_account_frozen(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the notice of a freeze."""
    account = CreditAccount.objects.get(pk=params["account"])
    return _content("account_frozen", account, params, "list")


@builds("accounts.account_released")
def build_account_released(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the notice of a release."""
    account = CreditAccount.objects.get(pk=params["account"])
    return _content("account_released", account, params, "list")


def _to_owner(mail: str, account: CreditAccount, *, key: str, params: Mapping[str, Any]) -> None:
    queue(
        name=f"accounts.{mail}",
        recipient=account.owner.email,
        key=key,
        params=params,
        language=account.owner.language,
        about=f"account:{account.pk}",
    )


def _to_delegate(mail: str, delegate: Delegate, *, moment: datetime | None = None) -> None:
    suffix = f":{moment.isoformat()}" if moment else ""
    queue(
        name=f"accounts.{mail}",
        recipient=delegate.email,
        key=f"delegate:{delegate.pk}:{mail}{suffix}",
        params={"delegate": delegate.pk},
        about=f"account:{delegate.account_id}",
    )


def _to_all(mail: str, account: CreditAccount, reason: str, recipients: list[str]) -> None:
    key = f"account:{account.pk}:{mail}:{clock.now().isoformat()}"
    for recipient in recipients:
        queue(
            name=f"accounts.{mail}",
            recipient=recipient,
            key=key,
            params={"account": account.pk, "reason": reason},
            about=f"account:{account.pk}",
        )


def _content(
    mail: str, account: CreditAccount, params: Mapping[str, Any], page: str = "", **context: Any
) -> Content:
    """Return the content with what every mail here says; its button leads to `page`."""
    if page:
        arguments = [] if page == "list" else [account.public_id]
        context["url"] = absolute(reverse(f"accounts:{page}", args=arguments))
    facts = {"by": params.get("by", ""), "reason": params.get("reason", "")}
    return Content(template=f"accounts/{mail}", context={"account": account, **facts, **context})


def _setting(value: object) -> str:
    """Return a setting's value in words."""
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return as_credits(value) if isinstance(value, int) else str(value)
