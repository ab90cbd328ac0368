"""The nightly sweep: books as expired what is past its last day (rules.md 3).

Expiry is decided where credits are read or spent; the sweep only writes it down.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.ledger import dialect, requests, store
from accounts.ledger.chain import Move, hash_of
from accounts.ledger.exceptions import InvalidRequest
from accounts.ledger.models import Bucket, LedgerEntry
from accounts.ledger.requests import Request
from accounts.ledger.verbs import booked
from credits_portal.lib import clock

ACTOR = "job:expire"
REASON = "past the last usable day"
READ_AHEAD = 50_000

DUE = """
SELECT account_id, id FROM accounts_creditlot
WHERE last_day < %s AND available > 0 AND (account_id, id) > (%s, %s)
ORDER BY account_id, id LIMIT %s
"""


def expire(*, day: date, batch: int = 1000) -> int:
    """Move what is available in every lot with `last_day` < `day` to expired; return the lots.

    `batch` lots a transaction; holds are not touched. Safe to repeat. Raises InvalidRequest for a
    day after today.
    """
    if requests.day(day, "day") > clock.today():
        raise InvalidRequest("day must not be after today")
    if type(batch) is not int or batch < 1:
        raise InvalidRequest("batch must be a positive int")
    return sum(_expire_lots(day, lots) for lots in _due(day, batch))


def _due(day: date, batch: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the (account, lot) pairs that look due, in batches, accounts in id order."""
    last = (0, 0)
    size = max(1, READ_AHEAD // batch) * batch
    while True:
        with connection.cursor() as cursor:
            cursor.execute(DUE, [day.isoformat(), *last, size])
            pairs = cursor.fetchall()
        for start in range(0, len(pairs), batch):
            yield pairs[start : start + batch]
        if len(pairs) < size:
            return
        last = pairs[-1]


LOTS_AGAIN = """
SELECT lot.account_id, lot.id, lot.last_day, lot.available
FROM {given} JOIN accounts_creditlot AS lot ON lot.id = given.lot_id
WHERE lot.available > 0 AND lot.last_day < %s AND NOT EXISTS (
    SELECT 1 FROM accounts_ledgerentry AS earlier
    WHERE earlier.key = 'expire:' || lot.id AND earlier.account_id + 0 = lot.account_id
)
ORDER BY lot.account_id, lot.id
"""


@booked
def _expire_lots(day: date, pairs: Sequence[tuple[int, int]]) -> int:
    heads = {head.account_id: head for head in store.lock_all(pair[0] for pair in pairs)}
    lots = _read_again(day, pairs)
    if not lots:
        return 0
    ends = {last_day: end_of(last_day) for last_day in {lot[2] for lot in lots}}
    entries = []
    for account_id, lot_id, last_day, available in lots:
        moved = Move(lot_id, Bucket.AVAILABLE, Bucket.EXPIRED, available)
        request = _request(account_id, lot_id, available)
        head = heads[account_id]
        facts = store.entry_facts(head, request, [moved], effective_at=ends[last_day])
        digest = hash_of(facts, [moved])
        heads[account_id] = store.next_head(head, facts, digest)
        entries.append((facts, digest, moved))
    store.book_all(entries, heads.values())
    return len(entries)


def _read_again(day: date, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int, date, int]]:
    """Return (account, lot, last day, available) of what is still due, under the lock."""
    given = dialect.rows({"lot_id": "bigint"})
    ids = dialect.as_json(["lot_id"], [[lot_id] for _account_id, lot_id in pairs])
    with connection.cursor() as cursor:
        cursor.execute(LOTS_AGAIN.format(given=given), [ids, day.isoformat()])
        return list(cursor.fetchall())


def _request(account_id: int, lot_id: int, credits: int) -> Request:
    return Request(
        kind=LedgerEntry.Kind.EXPIRE,
        account_id=account_id,
        key=f"expire:{lot_id}",
        actor=ACTOR,
        reason=REASON,
        credits=credits,
        about=lot_id,
    )


def end_of(day: date) -> datetime:
    """Return the last moment of `day` in the programme's zone, in UTC."""
    return clock.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)
