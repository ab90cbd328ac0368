"""Who may decide and who is told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from accounts.models import CreditAccount, Delegate, DelegateQuerySet, User
from credits_portal.outbox.models import OutboundMail


@dataclass(frozen=True, kw_only=True)
class Approver:
    """Somebody who decides an account's requests: its owner, or an active delegate.

    A delegate needs no `User`; `user_id` and `language` (of mails) are those of whoever signs in
    by that address.
    """

    email: str
    name: str
    language: str = ""
    user_id: int | None = None
    delegate_id: int | None = None


def approvers_of(account: CreditAccount) -> list[Approver]:
    """Return the owner and then every delegate who has accepted (rules.md 5), read afresh."""
    owner = User.objects.get(owned_accounts=account.pk)
    first = _as_approver(owner)
    return [first, *_active_delegates(Delegate.objects.filter(account=account))]


def deciders_of(account: CreditAccount, *, senders: Collection[str]) -> list[Approver]:
    """Return who may decide a request sent by these addresses: nobody decides their own.

    An owner who is the only approver and sent it decides it all the same, but signed in: a request
    that the owner makes signed in needs no approval (rules.md 5).
    """
    everybody = approvers_of(account)
    own = {email.casefold() for email in senders}
    others = [approver for approver in everybody if approver.email.casefold() not in own]
    return others or [approver for approver in everybody if approver.delegate_id is None]


def names_of_actors(actors: Iterable[str]) -> dict[str, str]:
    """Return how to show the actors of ledger entries to staff: people by their address."""
    found = set(actors)
    pks = {int(actor[5:]): actor for actor in found if actor.startswith("user:")}
    people = User.objects.filter(pk__in=pks).values_list("pk", "email")
    return {actor: actor for actor in found} | {pks[pk]: email for pk, email in people}


def reminder_recipients(account: CreditAccount, *, early: bool) -> list[Approver]:
    """Return who gets an expiry reminder; `early` ones may be switched off (rules.md 8)."""
    owner = account.owner
    first = _as_approver(owner)
    recipients = [first] if account.early_reminders or not early else []
    if account.delegate_reminders:
        willing = Delegate.objects.filter(account=account, reminders=True)
        recipients += _active_delegates(willing)
    return recipients


def delegates_with_mail_state(account: CreditAccount) -> list[tuple[Delegate, bool]]:
    """Return who is invited or active, each with whether the last invitation was refused."""
    mails = OutboundMail.objects.filter(
        about=f"account:{account.pk}", name="accounts.delegate_invited"
    )
    last_state = dict(mails.order_by("pk").values_list("recipient", "state"))
    failed = OutboundMail.State.FAILED
    return [(row, last_state.get(row.email) == failed) for row in account.delegates.current()]


def _active_delegates(delegates: DelegateQuerySet) -> list[Approver]:
    rows = list(delegates.active().order_by("pk"))
    users = User.objects.filter(email__in=[row.email for row in rows]) if rows else []
    known = {user.email: user for user in users}
    return [
        Approver(
            email=row.email,
            name=row.name,
            language=known[row.email].language if row.email in known else "",
            user_id=known[row.email].pk if row.email in known else None,
            delegate_id=row.pk,
        )
        for row in rows
    ]


def _as_approver(owner: User) -> Approver:
    return Approver(email=owner.email, name=owner.name, language=owner.language, user_id=owner.pk)
