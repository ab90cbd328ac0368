"""Credits on their way back from a place, with the 60 days of rules.md 6."""

from accounts import ledger
from accounts.models import User
from accounts.services.returns import extend, taken_again
from redemption.models import Registration

__all__ = ["extend", "give_back", "taken_again"]


def give_back(
    place: Registration, *, key: str, actor: User | str, reason: str, extended: bool = False
) -> list[int]:
    """Return the place's credits to the lots they came from; return the entries' ids.

    `extended`: what would have fewer than 60 days left comes back as a new lot (rules.md 6).
    """
    if place.entry is None:
        return []
    entry = ledger.restore(
        entry=place.entry, credits=place.credits, key=key, actor=actor, reason=reason
    )
    entries = [entry.pk, *taken_again(entry)]
    if extended:
        entries += extend(entry, key=key, actor=actor, reason=reason)
    return entries
