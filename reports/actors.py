"""Who booked an entry, as the account's owner reads it (docs/reports.md).

The chain names nobody: `user:3`, `approval:7`, `registration:12`, `job:expire`. Staff of the
programme are not named to customers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import CreditAccount, User
from approvals.models import ApprovalLink

# The same in SQL, for an entry `move` and its `redemption`; empty where nobody did it by hand.
BY = """CASE WHEN move.actor LIKE 'registration:%%' THEN redemption.name
    ELSE COALESCE(person.called, link.email, '') END"""
JOINS = """
LEFT JOIN (
    SELECT id, CASE WHEN is_staff AND id <> %s THEN %s ELSE email END AS called FROM accounts_user
) AS person ON person.id =
    CASE WHEN move.actor LIKE 'user:%%' THEN CAST(SUBSTR(move.actor, 6) AS bigint) END
LEFT JOIN approvals_approvallink AS link ON link.id =
    CASE WHEN move.actor LIKE 'approval:%%' THEN CAST(SUBSTR(move.actor, 10) AS bigint) END
"""


def params_of_joins(account: CreditAccount) -> list[Any]:
    """Return the parameters of JOINS."""
    return [account.owner_id, _("the programme")]


def names_of(account: CreditAccount, actors: Iterable[str]) -> Mapping[str, str]:
    """Return the people behind the actors, by actor; registrants and jobs are left out."""
    ids: dict[str, set[int]] = {"user": set(), "approval": set()}
    for actor in actors:
        kind, _colon, pk = actor.partition(":")
        if kind in ids and pk.isdecimal():
            ids[kind].add(int(pk))
    found: dict[str, str] = {}
    for person in User.objects.filter(pk__in=ids["user"]):
        is_ours = person.is_staff and not account.is_owned_by(person)
        found[f"user:{person.pk}"] = _("the programme") if is_ours else person.email
    for link in ApprovalLink.objects.filter(pk__in=ids["approval"]):
        found[f"approval:{link.pk}"] = link.email
    return found
