"""The ledger's statements: one path for both engines, in plain SQL where every call passes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection

from accounts.ledger import dialect
from accounts.ledger.chain import Facts, Move, hash_of
from accounts.ledger.exceptions import InvalidRequest, KeyReused
from accounts.ledger.models import Bucket, LedgerEntry
from accounts.ledger.requests import Request
from credits_portal.lib import clock, locks, statements

Entry = TypeVar("Entry", bound=LedgerEntry)


@dataclass(frozen=True, slots=True)
class Head:
    """An account's row, locked: where its chain ends, and the moment at which we look."""

    account_id: int
    is_frozen: bool
    number: int
    hash: str
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an idempotency key has named before."""

    entry_id: int
    fingerprint: str


def lock(account_id: int) -> Head:
    """Lock the account's row and read it; everything that follows is read after this."""
    for head in lock_all([account_id]):
        return head
    raise InvalidRequest(f"there is no account {account_id}")


def lock_all(account_ids: Iterable[int]) -> list[Head]:
    """Lock the rows of several accounts in id order, and read them."""
    columns = ("id", "status", "ledger_number", "ledger_hash")
    rows = locks.locked_values("accounts_creditaccount", account_ids, columns)
    now = clock.now()
    today = clock.day_of(now)
    return [
        Head(account_id, status == "frozen", number, digest, now, today)
        for account_id, status, number, digest in rows
    ]


# The key and what the verb needs are read in one statement: after the lock, and in one trip.
# The sum keeps planners from an index of the account's entries: in a young programme, where most
# accounts have one entry, all of them look as good as the key's, and a busy account would be read
# from its beginning by every call.
READ = """
SELECT earlier.id, earlier.fingerprint, found.*
FROM (SELECT 1) AS always
LEFT JOIN accounts_ledgerentry AS earlier ON earlier.key = %s AND earlier.account_id + 0 = %s
LEFT JOIN ({found}) AS found ON TRUE
ORDER BY found.last_day, found.lot_id
"""

# Only the lots that are needed: those before which less than %s credits have been found.
DRAWABLE = """
SELECT lot_id, last_day, available FROM (
    SELECT id AS lot_id, last_day, available,
        SUM(available) OVER (ORDER BY last_day, id) - available AS before
    FROM accounts_creditlot
    WHERE account_id = %s AND last_day >= %s AND available > 0
) AS fitting WHERE before < %s
"""

LOT = """
SELECT id AS lot_id, last_day, available
FROM accounts_creditlot WHERE account_id = %s AND id = %s
"""

HELD = """
SELECT lot.id AS lot_id, lot.last_day, posting.credits, hold.fits, hold.reason,
    EXISTS (SELECT 1 FROM accounts_ledgerentry WHERE ends_id = hold.id) AS ended
FROM accounts_ledgerentry AS hold
JOIN accounts_posting AS posting ON posting.entry_id = hold.id
JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
WHERE hold.account_id = %s AND hold.id = %s AND hold.kind = 'hold'
"""

RESTORABLE = """
SELECT lot.id AS lot_id, lot.last_day, posting.target, posting.credits - COALESCE((
        SELECT SUM(returned.credits) FROM accounts_ledgerentry AS restore
        JOIN accounts_posting AS returned ON returned.entry_id = restore.id
        WHERE restore.reverses_id = spent.id AND returned.lot_id = posting.lot_id
    ), 0) AS remaining
FROM accounts_ledgerentry AS spent
JOIN accounts_posting AS posting ON posting.entry_id = spent.id
JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
WHERE spent.account_id = %s AND spent.id = %s AND spent.kind IN ('redeem', 'capture', 'withdraw')
"""

TIME_ZONE = "SELECT 1 AS lot_id, 1 AS last_day, time_zone FROM accounts_programme"


def read(
    head: Head, request: Request, found: str, *params: Any
) -> tuple[Earlier | None, list[Any]]:
    """Look the request's key up and read the rows of `found`, by (last_day, lot)."""
    values = [request.key, head.account_id, *params]
    rows = statements.run(READ.format(found=found), values).fetchall()
    entry_id, fingerprint = rows[0][:2]
    earlier = None if entry_id is None else Earlier(entry_id, fingerprint)
    return earlier, [row[2:] for row in rows if row[2] is not None]


def replay(model: type[Entry], head: Head, request: Request, earlier: Earlier) -> Entry:
    """Return the key's first result; raises KeyReused if it was of another request."""
    if not request.repeats(earlier.fingerprint, head.today):
        raise KeyReused(request.key)
    return model._base_manager.get(pk=earlier.entry_id)


MOVED = ("lot_id", "source", "target", "credits")
MOVE_TYPES = {"lot_id": "bigint", "source": "text", "target": "text", "credits": "integer"}
BUCKETS = [bucket.value for bucket in Bucket if bucket != Bucket.ISSUED]
CHANGES = ", ".join(
    f"{bucket} = {bucket} + CASE '{bucket}'"
    " WHEN given.target THEN given.credits WHEN given.source THEN -given.credits ELSE 0 END"
    for bucket in BUCKETS
)


NEW_HEAD = "UPDATE accounts_creditaccount SET ledger_number = %s, ledger_hash = %s WHERE id = %s"


def book(
    model: type[Entry],
    head: Head,
    request: Request,
    moves: Sequence[Move],
    **facts: Any,
) -> Entry:
    """Write one entry: its lots, its row, its postings and the account's new head."""
    if moves[0].source != Bucket.ISSUED:
        move(moves, account_id=head.account_id)
    values = entry_facts(head, request, moves, **facts)
    digest = hash_of(values, moves, request.terms)
    entry = insert_entry(model, values, digest)
    insert_postings(entry.pk, moves)
    statements.run(NEW_HEAD, [values.number, digest, head.account_id])
    return entry


def entry_facts(
    head: Head,
    request: Request,
    moves: Sequence[Move],
    *,
    fits: date | None = None,
    reason: str = "",
    reverses_id: int | None = None,
    ends_id: int | None = None,
    effective_at: datetime | None = None,
) -> Facts:
    """Return the columns of the account's next entry."""
    return Facts(
        account_id=head.account_id,
        number=head.number + 1,
        kind=request.kind,
        credits=sum(move.credits for move in moves),
        fits=fits,
        reverses_id=reverses_id,
        ends_id=ends_id,
        effective_at=effective_at or head.now,
        created_at=head.now,
        fingerprint=request.fingerprint(head.today),
        key=request.key,
        actor=request.actor,
        reason=reason or request.reason,
        previous_hash=head.hash,
    )


MOVE = """
UPDATE accounts_creditlot SET {changes} FROM {given}
WHERE accounts_creditlot.id = given.lot_id
"""
# Says nothing new, but leads PostgreSQL to the account's lots: it takes `given` for a long list.
OF_ONE_ACCOUNT = "AND accounts_creditlot.account_id = %s"


def move(moves: Sequence[Move], *, account_id: int | None = None) -> None:
    """Move credits between the buckets of lots; the table's CHECKs are the last guard."""
    sql = MOVE.format(changes=CHANGES, given=dialect.rows(MOVE_TYPES))
    values: list[Any] = [dialect.as_json(MOVED, moves)]
    if account_id is not None:
        sql, values = sql + OF_ONE_ACCOUNT, [*values, account_id]
    changed = statements.run(sql, values).rowcount
    if changed != len(moves):
        raise RuntimeError(f"{changed} of {len(moves)} lots changed")


INSERT_ENTRY = (
    f"INSERT INTO accounts_ledgerentry ({', '.join(Facts._fields)}, hash)"  # noqa: S608
    f" VALUES ({', '.join(['%s'] * (len(Facts._fields) + 1))}) RETURNING id"
)


def insert_entry(model: type[Entry], facts: Facts, digest: str) -> Entry:
    """Write the entry's row and return it as `model`."""
    (entry_id,) = statements.run(INSERT_ENTRY, [*as_stored(facts), digest]).fetchone()
    entry = model(id=entry_id, hash=digest, **facts._asdict())
    entry._state.adding = False
    entry._state.db = connection.alias
    return entry


def as_stored(facts: Facts) -> Sequence[Any]:
    """Return the facts with their moments as the engine's rows have them."""
    adapt: Any = connection.ops.adapt_datetimefield_value
    return facts._replace(
        effective_at=adapt(facts.effective_at), created_at=adapt(facts.created_at)
    )


def insert_postings(entry_id: int, moves: Sequence[Move]) -> None:
    """Write the entry's postings, in the order of drawing."""
    sql = (
        "INSERT INTO accounts_posting (entry_id, lot_id, source, target, credits)"  # noqa: S608
        f" SELECT %s, given.* FROM {dialect.rows(MOVE_TYPES)}"
    )
    statements.run(sql, [entry_id, dialect.as_json(MOVED, moves)])


def next_head(head: Head, facts: Facts, digest: str) -> Head:
    """Return where the chain ends after an entry."""
    return Head(head.account_id, head.is_frozen, facts.number, digest, head.now, head.today)


ENTRY_TYPES = {
    "account_id": "bigint",
    "number": "integer",
    "kind": "text",
    "credits": "integer",
    "fits": "date",
    "reverses_id": "bigint",
    "ends_id": "bigint",
    "effective_at": "timestamptz",
    "created_at": "timestamptz",
    "fingerprint": "text",
    "key": "text",
    "actor": "text",
    "reason": "text",
    "previous_hash": "text",
    "hash": "text",
}
HEAD_TYPES = {"id": "bigint", "number": "integer", "hash": "text"}
POSTING_TYPES = {"account_id": "bigint", "number": "integer", **MOVE_TYPES}


def book_all(entries: Sequence[tuple[Facts, str, Move]], heads: Iterable[Head]) -> None:
    """Write many entries of one move each, over many accounts, and the accounts' new heads."""
    move([moved for _facts, _digest, moved in entries])
    rows = [(*as_stored(facts), digest) for facts, digest, _moved in entries]
    columns = ", ".join(ENTRY_TYPES)
    _write(f"INSERT INTO accounts_ledgerentry ({columns}) SELECT {columns} FROM", ENTRY_TYPES, rows)
    _write(
        "INSERT INTO accounts_posting (entry_id, lot_id, source, target, credits)"
        " SELECT entry.id, given.lot_id, given.source, given.target, given.credits"
        " FROM accounts_ledgerentry AS entry JOIN",
        POSTING_TYPES,
        [(facts.account_id, facts.number, *moved) for facts, _digest, moved in entries],
        " ON entry.account_id = given.account_id AND entry.number = given.number",
    )
    _write(
        "UPDATE accounts_creditaccount"
        " SET ledger_number = given.number, ledger_hash = given.hash FROM",
        HEAD_TYPES,
        [(head.account_id, head.number, head.hash) for head in heads],
        " WHERE accounts_creditaccount.id = given.id",
    )


def _write(start: str, types: dict[str, str], rows: Sequence[Sequence[Any]], end: str = "") -> None:
    statements.run(f"{start} {dialect.rows(types)}{end}", [dialect.as_json(list(types), rows)])
