"""The invariants of docs/ledger.md that can be read from data, each as one query.

A query returns (id, detail) of the rows that break it. `{names}` are filled in by the dialect.
"""

from typing import NamedTuple


class Invariant(NamedTuple):
    """One query; what it returns breaks the invariant."""

    name: str
    table: str
    sql: str


LOT = "accounts_creditlot"
ENTRY = "accounts_ledgerentry"
POSTING = "accounts_posting"
ACCOUNT = "accounts_creditaccount"

CONSERVATION = Invariant(
    "I1",
    LOT,
    """
    SELECT id, 'issued ' || credits || ', in buckets '
        || (available + held + redeemed + expired + withdrawn)
    FROM accounts_creditlot
    WHERE credits <> available + held + redeemed + expired + withdrawn
    """,
)

NOT_NEGATIVE = Invariant(
    "I2",
    LOT,
    """
    SELECT id, 'a bucket is negative' FROM accounts_creditlot
    WHERE available < 0 OR held < 0 OR redeemed < 0 OR expired < 0 OR withdrawn < 0
    """,
)

POSTINGS_MOVE = Invariant(
    "I3",
    POSTING,
    """
    SELECT posting.id,
        entry.kind || ' of ' || posting.credits || ' ' || posting.source || '>' || posting.target
    FROM accounts_posting AS posting
    JOIN accounts_ledgerentry AS entry ON entry.id = posting.entry_id
    JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
    WHERE posting.credits <= 0 OR lot.account_id <> entry.account_id
        OR entry.kind || ':' || posting.source || '>' || posting.target NOT IN (
            'issue:issued>available', 'redeem:available>redeemed', 'hold:available>held',
            'capture:held>redeemed', 'release:held>available', 'release:held>expired',
            'restore:redeemed>available', 'restore:redeemed>expired',
            'restore:withdrawn>available', 'restore:withdrawn>expired',
            'withdraw:available>withdrawn', 'expire:available>expired'
        )
    """,
)

ENTRIES_ADD_UP = Invariant(
    "I3",
    ENTRY,
    """
    SELECT entry.id, 'moves ' || entry.credits || ', postings ' || COALESCE(posted.credits, 0)
    FROM accounts_ledgerentry AS entry
    LEFT JOIN (
        SELECT entry_id, SUM(credits) AS credits FROM accounts_posting GROUP BY entry_id
    ) AS posted ON posted.entry_id = entry.id
    WHERE entry.credits <> COALESCE(posted.credits, 0)
    """,
)

BUCKETS = ("available", "held", "redeemed", "expired", "withdrawn")
_SUMS = ", ".join(
    f"SUM(CASE '{bucket}' WHEN target THEN credits WHEN source THEN -credits ELSE 0 END)"
    f" AS {bucket}"
    for bucket in BUCKETS
)
_DIFFERS = " OR ".join(f"lot.{bucket} <> COALESCE(posted.{bucket}, 0)" for bucket in BUCKETS)

LOTS_EQUAL_POSTINGS = Invariant(
    "I4",
    LOT,
    f"""
    SELECT lot.id, 'the buckets are not what the postings add up to'
    FROM accounts_creditlot AS lot
    LEFT JOIN (
        SELECT lot_id, SUM(CASE source WHEN 'issued' THEN credits ELSE 0 END) AS issued, {_SUMS}
        FROM accounts_posting GROUP BY lot_id
    ) AS posted ON posted.lot_id = lot.id
    WHERE lot.credits <> COALESCE(posted.issued, 0) OR {_DIFFERS}
    """,  # noqa: S608
)

CHAIN = Invariant(
    "I5",
    ENTRY,
    """
    SELECT id, 'number ' || number || ' does not follow the entry before' FROM (
        SELECT id, number, previous_hash,
            ROW_NUMBER() OVER chain AS expected,
            COALESCE(LAG(hash) OVER chain, '') AS before
        FROM accounts_ledgerentry WINDOW chain AS (PARTITION BY account_id ORDER BY number)
    ) AS chained
    WHERE number <> expected OR previous_hash <> before
    """,
)

HASHES = Invariant(
    "I5",
    ENTRY,
    """
    SELECT id, 'the hash is not of these facts' FROM (
        SELECT entry.id, entry.hash, {text} AS text FROM accounts_ledgerentry AS entry
    ) AS written WHERE text IS NULL OR hash <> {sha256}
    """,
)

HEADS = Invariant(
    "I5",
    ACCOUNT,
    """
    SELECT account.id, 'the head is number ' || account.ledger_number || ', the last entry '
        || COALESCE(latest.number, 0)
    FROM accounts_creditaccount AS account
    LEFT JOIN (
        SELECT account_id, MAX(number) AS number FROM accounts_ledgerentry GROUP BY account_id
    ) AS latest ON latest.account_id = account.id
    LEFT JOIN accounts_ledgerentry AS entry
        ON entry.account_id = latest.account_id AND entry.number = latest.number
    WHERE account.ledger_number <> COALESCE(latest.number, 0)
        OR account.ledger_hash <> COALESCE(entry.hash, '')
    """,
)

NAMED = Invariant(
    "I6",
    ENTRY,
    """
    SELECT id, 'actor, reason or key is blank' FROM accounts_ledgerentry
    WHERE actor = '' OR reason = '' OR key = ''
    """,
)

HELD = Invariant(
    "I10",
    LOT,
    """
    SELECT lot.id, 'held ' || lot.held || ', open holds ' || COALESCE(holds.credits, 0)
    FROM accounts_creditlot AS lot
    LEFT JOIN (
        SELECT posting.lot_id, SUM(posting.credits) AS credits
        FROM accounts_ledgerentry AS hold
        JOIN accounts_posting AS posting ON posting.entry_id = hold.id
        LEFT JOIN accounts_ledgerentry AS ending ON ending.ends_id = hold.id
        WHERE hold.kind = 'hold' AND ending.id IS NULL
        GROUP BY posting.lot_id
    ) AS holds ON holds.lot_id = lot.id
    WHERE lot.held <> COALESCE(holds.credits, 0)
    """,
)

ENDINGS = Invariant(
    "I10",
    ENTRY,
    """
    SELECT entry.id, 'a ' || entry.kind || ' that does not end a hold of its account'
    FROM accounts_ledgerentry AS entry
    LEFT JOIN accounts_ledgerentry AS hold
        ON hold.id = entry.ends_id AND hold.kind = 'hold' AND hold.account_id = entry.account_id
        AND hold.credits = entry.credits
    WHERE CASE WHEN entry.kind IN ('capture', 'release') THEN hold.id IS NULL
        ELSE entry.ends_id IS NOT NULL END
    """,
)

ENDED_ONCE = Invariant(
    "I10",
    ENTRY,
    """
    SELECT ends_id, 'ended ' || COUNT(*) || ' times' FROM accounts_ledgerentry
    WHERE ends_id IS NOT NULL GROUP BY ends_id HAVING COUNT(*) > 1
    """,
)

ENDED_LOT_BY_LOT = Invariant(
    "I10",
    POSTING,
    """
    SELECT ended.id, 'not what the hold held of this lot'
    FROM accounts_ledgerentry AS ending
    JOIN accounts_posting AS ended ON ended.entry_id = ending.id
    LEFT JOIN accounts_posting AS held
        ON held.entry_id = ending.ends_id AND held.lot_id = ended.lot_id
    WHERE ending.ends_id IS NOT NULL AND ended.credits <> COALESCE(held.credits, 0)
    """,
)

LAST_DAYS = Invariant(
    "I11",
    POSTING,
    """
    SELECT posting.id, entry.kind || ' from a lot that lasts until ' || {last_day}
    FROM accounts_posting AS posting
    JOIN accounts_ledgerentry AS entry ON entry.id = posting.entry_id
    JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
    WHERE CASE
        WHEN posting.target IN ('held', 'redeemed', 'withdrawn')
            THEN lot.last_day < {booked_on} OR lot.last_day < entry.fits
        WHEN posting.target = 'expired' THEN lot.last_day >= {booked_on}
        ELSE posting.source <> 'issued' AND lot.last_day < {booked_on} END
    """,
)

SWEPT = Invariant(
    "I11",
    LOT,
    """
    SELECT lot.id, lot.available || ' available after the sweep'
    FROM accounts_creditlot AS lot
    JOIN accounts_posting AS posting ON posting.lot_id = lot.id
    JOIN accounts_ledgerentry AS entry ON entry.id = posting.entry_id AND entry.kind = 'expire'
    WHERE lot.available > 0
    """,
)

RESTORED = Invariant(
    "I4",
    ENTRY,
    """
    SELECT spent.id, 'restored ' || SUM(restore.credits) || ' of ' || spent.credits
    FROM accounts_ledgerentry AS restore
    JOIN accounts_ledgerentry AS spent ON spent.id = restore.reverses_id
    GROUP BY spent.id, spent.credits HAVING SUM(restore.credits) > spent.credits
    """,
)

# A lot's `stretch` is a run of entries after each of which it had credits left. Whoever draws on a
# lot during an earlier lot's stretch has passed that one over.
DRAWING_ORDER = Invariant(
    "I12",
    POSTING,
    """
    WITH events AS (
        SELECT posting.lot_id, entry.number, SUM(CASE 'available'
            WHEN posting.target THEN posting.credits
            WHEN posting.source THEN -posting.credits END)
            OVER (PARTITION BY posting.lot_id ORDER BY entry.number) AS available
        FROM accounts_posting AS posting
        JOIN accounts_ledgerentry AS entry ON entry.id = posting.entry_id
        WHERE 'available' IN (posting.source, posting.target)
    ), runs AS (
        SELECT lot_id, number, available, SUM(CASE available WHEN 0 THEN 1 ELSE 0 END)
            OVER (PARTITION BY lot_id ORDER BY number)
            - CASE available WHEN 0 THEN 1 ELSE 0 END AS run
        FROM events
    ), stretches AS (
        SELECT lot_id, MIN(number) AS first,
            MAX(CASE available WHEN 0 THEN number END) AS emptied
        FROM runs GROUP BY lot_id, run
    ), passable AS (
        SELECT lot.id, lot.account_id, lot.last_day, stretches.first, stretches.emptied
        FROM stretches JOIN accounts_creditlot AS lot ON lot.id = stretches.lot_id
    )
    SELECT posting.id, 'drawn while lot ' || passed.id || ' had credits'
    FROM accounts_ledgerentry AS entry
    JOIN accounts_posting AS posting ON posting.entry_id = entry.id
    JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
    JOIN passable AS passed ON passed.account_id = entry.account_id
        AND (passed.last_day, passed.id) < (lot.last_day, lot.id)
        AND passed.first <= entry.number
        AND (passed.emptied IS NULL OR passed.emptied > entry.number)
        AND passed.last_day >= {booked_on}
        AND (entry.fits IS NULL OR passed.last_day >= entry.fits)
    WHERE entry.kind IN ('redeem', 'hold')
    """,
)

ALL = (
    CONSERVATION,
    NOT_NEGATIVE,
    POSTINGS_MOVE,
    ENTRIES_ADD_UP,
    LOTS_EQUAL_POSTINGS,
    RESTORED,
    CHAIN,
    HASHES,
    HEADS,
    NAMED,
    HELD,
    ENDINGS,
    ENDED_ONCE,
    ENDED_LOT_BY_LOT,
    LAST_DAYS,
    SWEPT,
    DRAWING_ORDER,
)
