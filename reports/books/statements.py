"""The one statement behind the books: every movement of credits by period, group and price.

Rows say from which place to which credits went: the ledger's buckets, and `classes` and `courses`
for what was delivered of the redeemed. One statement, so that no booking comes between two figures.
"""

# ruff: noqa: S608  # fragments of this module's own

from typing import Literal

from reports.sql import PRICE

from .cuts import Periods

Group = Literal["all", "account", "last_day"]
# How the rows of a group are told apart: an expression over `lot`.
GROUPS: dict[Group, str] = {"all": "0", "account": "lot.account_id", "last_day": "lot.last_day"}

# Credits that move to another account or into a lot of 60 days leave and arrive in one moment at
# one price: neither refunded nor sold. What leaves is taken off what was issued; so are the credits
# of a payment that was undone, which were never sold.
LEAVES = "entry.kind = 'withdraw' AND (entry.key LIKE '%%:out' OR entry.key LIKE 'undo:%%')"
ARRIVES = "entry.kind = 'issue' AND entry.key LIKE '%%:in'"
HAPPENED = f"CASE WHEN {ARRIVES} THEN entry.created_at ELSE entry.effective_at END"

POSTINGS = f"""
SELECT {{period}} AS period, {{group}} AS grouped, {PRICE} AS price, posting.source,
    CASE WHEN {LEAVES} THEN 'issued' ELSE posting.target END AS target,
    SUM(posting.credits) AS credits
FROM accounts_posting AS posting
JOIN accounts_ledgerentry AS entry ON entry.id = posting.entry_id
JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
WHERE entry.kind <> 'hold' AND {HAPPENED} < {{end}}
GROUP BY 1, 2, 3, 4, 5
"""

# The last day decides; what the sweep has not booked yet has expired all the same (rules.md 3).
UNSWEPT = f"""
SELECT {{period}}, {{group}}, {PRICE}, 'available', 'expired', SUM(lot.available)
FROM accounts_creditlot AS lot
WHERE lot.available > 0 AND lot.last_day < {{end_day}}
GROUP BY 1, 2, 3
"""

# An entry pays for places in one class, before it begins: who changes the date gets an entry of his
# own. What returns after the class is taken off what was delivered on that day.
CLASSES = f"""
SELECT {{period}}, {{group}}, {PRICE}, '', 'classes', SUM(share.credits)
FROM (
    WITH class AS (
        SELECT place.entry_id, MIN(session.ends_at) AS ends_at
        FROM redemption_registration AS place
        JOIN redemption_trainingsession AS session ON session.id = place.session_id
        WHERE place.entry_id IS NOT NULL AND session.ends_at < {{end}}
        GROUP BY place.entry_id
    )
    SELECT posting.lot_id, posting.credits, class.ends_at AS delivered_at
    FROM class JOIN accounts_posting AS posting ON posting.entry_id = class.entry_id
    UNION ALL
    SELECT posting.lot_id, -posting.credits,
        CASE WHEN back.effective_at > class.ends_at THEN back.effective_at ELSE class.ends_at END
    FROM class
    JOIN accounts_ledgerentry AS back
        ON back.reverses_id = class.entry_id AND back.reverses_id IS NOT NULL
    JOIN accounts_posting AS posting ON posting.entry_id = back.id
) AS share
JOIN accounts_creditlot AS lot ON lot.id = share.lot_id
WHERE share.delivered_at < {{end}}
GROUP BY 1, 2, 3
"""

# Participants of one entry begin one by one: who begins first uses the credits drawn first, as
# those drawn last are the first to return (rules.md 6). `reached` has how many credits of an entry
# were in use at the end of a period, `share` which of them came from which lot.
COURSES = f"""
SELECT period, grouped, price, '', 'courses', SUM(
    CASE WHEN used < first THEN 0 WHEN used > first + size THEN size ELSE used - first END
    - CASE WHEN used - added < first THEN 0 WHEN used - added > first + size THEN size
        ELSE used - added - first END)
FROM (
    WITH place AS (
        SELECT entry_id, credits,
            CASE WHEN started_at IS NULL THEN {{finish_by}} ELSE {{started_at}} END AS begun,
            CASE WHEN status = 'cancelled' THEN {{ended_at}} END AS ended
        FROM redemption_registration AS registration
        WHERE session_id IS NULL AND entry_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM redemption_registration AS new WHERE new.replaces_id = registration.id)
    ), change AS (
        SELECT entry_id, begun AS period, credits FROM place
        WHERE begun IS NOT NULL AND (ended IS NULL OR ended > begun)
        UNION ALL
        SELECT entry_id, ended, -credits FROM place WHERE ended > begun
    ), reached AS (
        SELECT entry_id, period, SUM(credits) AS added,
            SUM(SUM(credits)) OVER (PARTITION BY entry_id ORDER BY period) AS used
        FROM change GROUP BY entry_id, period
    ), share AS (
        SELECT posting.entry_id, {{group}} AS grouped, {PRICE} AS price, posting.credits AS size,
            SUM(posting.credits) OVER (PARTITION BY posting.entry_id ORDER BY lot.last_day, lot.id)
                - posting.credits AS first
        FROM accounts_posting AS posting JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
        WHERE posting.entry_id IN (SELECT entry_id FROM reached)
    )
    SELECT reached.period, share.grouped, share.price, share.first, share.size, reached.used,
        reached.added
    FROM reached JOIN share ON share.entry_id = reached.entry_id
) AS in_use
GROUP BY 1, 2, 3
"""


def movements(periods: Periods, group: Group) -> str:
    """Return the statement; its rows are (period, group, price, source, target, credits)."""
    terms = {"group": GROUPS[group], "end": periods.end, "end_day": periods.end_day}
    parts = [
        POSTINGS.format(period=periods.of_moment(HAPPENED), **terms),
        UNSWEPT.format(period=periods.of_date("lot.last_day"), **terms),
        CLASSES.format(period=periods.of_moment("share.delivered_at"), **terms),
        COURSES.format(
            finish_by=periods.of_date("finish_by"),
            started_at=periods.of_moment("started_at"),
            ended_at=periods.of_moment("ended_at"),
            **terms,
        ),
    ]
    return "UNION ALL".join(parts)
