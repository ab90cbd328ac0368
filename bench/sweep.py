"""The nightly sweep over a million lots against one plain statement that writes the same rows."""

import resource
import time
from datetime import timedelta

from django.db import connection

from accounts import ledger
from bench import history, report
from credits_portal.lib import clock

ACCOUNTS = 10_000
ROUNDS = 3

LOTS = """
INSERT INTO accounts_creditlot (account_id, credits, unit_price, purchased_on, last_day, available,
    held, redeemed, expired, withdrawn)
SELECT (ARRAY(SELECT id FROM accounts_creditaccount ORDER BY id DESC LIMIT %s))[1 + n %% %s],
    100, 1, DATE '2020-01-01',
    CASE WHEN n %% 20 = 0 THEN CAST(%s AS date) ELSE DATE '2099-01-01' END, 100, 0, 0, 0, 0
FROM generate_series(1, %s) AS n
"""

PLAIN = """
WITH due AS (
    UPDATE accounts_creditlot SET expired = expired + available, available = 0
    WHERE last_day < %s AND available > 0 RETURNING id, account_id, expired
), numbered AS (
    SELECT due.*, account.ledger_number
        + ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY due.id) AS number
    FROM due JOIN accounts_creditaccount AS account ON account.id = due.account_id
), entries AS (
    INSERT INTO accounts_ledgerentry (account_id, number, kind, key, fingerprint, credits, actor,
        reason, effective_at, created_at, previous_hash, hash)
    SELECT account_id, number, 'expire', 'expire:' || id, repeat('f', 64), expired, 'job:expire',
        'past the last usable day', now(), now(), repeat('f', 64), repeat('f', 64)
    FROM numbered RETURNING id, account_id, number
), postings AS (
    INSERT INTO accounts_posting (entry_id, lot_id, source, target, credits)
    SELECT entries.id, numbered.id, 'available', 'expired', numbered.expired
    FROM entries JOIN numbered USING (account_id, number)
)
UPDATE accounts_creditaccount AS account SET ledger_number = latest.number,
    ledger_hash = repeat('f', 64)
FROM (SELECT account_id, MAX(number) AS number FROM numbered GROUP BY account_id) AS latest
WHERE account.id = latest.account_id
"""


def against_one_statement(*, quick: bool) -> None:
    """Sweep and floor in turn, each over lots that were put in for it."""
    lots = 100_000 if quick else 1_000_000
    history.accounts(1000 if quick else ACCOUNTS)
    today = clock.today()
    mine, least = [], []
    _add_lots(lots, today - timedelta(days=1), 1000 if quick else ACCOUNTS)
    history.analyse()
    for number in range(2 * ROUNDS):
        if number:
            _make_due(today - timedelta(days=1), lots // 20)
        began = time.perf_counter()
        if number % 2:
            ledger.expire(day=today)
            mine.append(time.perf_counter() - began)
        else:
            with connection.cursor() as cursor:
                cursor.execute(PLAIN, [today])
            least.append(time.perf_counter() - began)
    report.tell(f"sweep of {lots // 20:,} among {lots:,} lots", mine, least, 2.5, " s")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _make_due(today - timedelta(days=1), lots // 20)
    ledger.expire(day=today)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    report.note("memory that one more sweep adds to the peak", f"{grown:.1f} MB", "<= 20 MB",
                met=grown <= 20)  # fmt: skip


def _add_lots(count: int, due: object, accounts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOTS, [accounts, accounts, due, count])


def _make_due(day: object, count: int) -> None:
    """Put in as many due lots as were swept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_creditlot (account_id, credits, unit_price, purchased_on,"
            " last_day, available, held, redeemed, expired, withdrawn)"
            " SELECT account_id, 100, 1, '2020-01-01', %s, 100, 0, 0, 0, 0"
            " FROM accounts_creditlot WHERE last_day = '2099-01-01' ORDER BY id LIMIT %s",
            [day, count],
        )
    history.analyse()
