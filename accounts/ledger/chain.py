"""The chain: each entry's hash covers its facts, its postings and the hash before it.

The text that is hashed is built here twice, in Python to write an entry and in SQL to verify
millions. Free texts carry their length in front, so that no two entries can share a text.
"""

import functools
import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from accounts.ledger.requests import Terms

VERSION = "ledger-1"


class Move(NamedTuple):
    """Credits of one lot that go from one bucket to another."""

    lot_id: int
    source: str
    target: str
    credits: int


class Facts(NamedTuple):
    """The columns of an entry that its hash covers."""

    account_id: int
    number: int
    kind: str
    credits: int
    fits: date | None
    reverses_id: int | None
    ends_id: int | None
    effective_at: datetime
    created_at: datetime
    fingerprint: str
    key: str
    actor: str
    reason: str
    previous_hash: str


def hash_of(facts: Facts, moves: Sequence[Move], terms: Terms | None = None) -> str:
    """Return the entry's hash; `terms` are those of the lot that an issue makes."""
    return hashlib.sha256(text_of(facts, moves, terms).encode()).hexdigest()


def text_of(facts: Facts, moves: Sequence[Move], terms: Terms | None = None) -> str:
    """Return the text that is hashed. SQL_TEXT builds the same."""
    parts = (
        VERSION,
        facts.account_id,
        facts.number,
        facts.kind,
        facts.credits,
        facts.fits or "-",
        facts.reverses_id or "-",
        facts.ends_id or "-",
        moment(facts.effective_at),
        moment(facts.created_at),
        facts.fingerprint,
        measured(facts.key),
        measured(facts.actor),
        measured(facts.reason),
        ";".join(f"{m.lot_id}:{m.source}>{m.target}:{m.credits}" for m in sorted(moves)),
        terms.text() if terms else "-",
        facts.previous_hash,
    )
    return "|".join(map(str, parts))


@functools.lru_cache(maxsize=256)
def moment(value: datetime) -> str:
    """Return a moment in UTC, always with its six decimals."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def measured(value: str) -> str:
    """Return a free text with its length in characters in front."""
    return f"{len(value)}:{value}"


# What `text_of` builds, of the row `entry`; the terms in braces come from the dialect.
SQL_TEXT = f"""
'{VERSION}|' || entry.account_id || '|' || entry.number || '|' || entry.kind
|| '|' || entry.credits || '|' || COALESCE({{fits}}, '-')
|| '|' || COALESCE(CAST(entry.reverses_id AS text), '-')
|| '|' || COALESCE(CAST(entry.ends_id AS text), '-')
|| '|' || {{effective_at}} || '|' || {{created_at}} || '|' || entry.fingerprint
|| '|' || LENGTH(entry.key) || ':' || entry.key
|| '|' || LENGTH(entry.actor) || ':' || entry.actor
|| '|' || LENGTH(entry.reason) || ':' || entry.reason
|| '|' || COALESCE((
    SELECT {{joined}} FROM (
        SELECT lot_id || ':' || source || '>' || target || ':' || credits AS move
        FROM accounts_posting WHERE entry_id = entry.id ORDER BY lot_id
    ) AS moves), '')
|| '|' || COALESCE((
    SELECT {{unit_price}} || ';' || {{purchased_on}} || ';' || {{last_day}}
    FROM accounts_posting AS posting JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
    WHERE posting.entry_id = entry.id AND entry.kind = 'issue'), '-')
|| '|' || entry.previous_hash
"""  # noqa: S608
