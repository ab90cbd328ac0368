"""The nightly sweep over a million lots against one plain statement that writes the same rows."""

import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from statistics import quantiles

from django.db import connection

from accounts import ledger
from accounts.models import CreditAccount
from bench import history, redeem, report
from bench.side_by_side import FORK, PATIENCE, WARM, Start, in_processes
from credits_portal.lib import clock

ACCOUNTS = 10_000
ROUNDS = 3
IDLE = 8.0  # seconds that redemptions are watched without a sweep
PAUSE = 0.03  # seconds between one redemption and the next

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
    made = history.accounts(1000 if quick else ACCOUNTS)
    yesterday = clock.today() - timedelta(days=1)
    _add_lots(lots, yesterday, len(made))
    _make_due(yesterday, 0)
    mine, least = [], []
    for _round in range(ROUNDS):
        least.append(_timed(_one_statement))
        _make_due(yesterday, lots // 20)
        mine.append(_timed(_sweep))
        _make_due(yesterday, lots // 20)
    report.tell(f"sweep of {lots // 20:,} among {lots:,} lots", mine, least, 2.5, " s")
    (grown,) = in_processes(_memory_of_a_sweep, 1)
    report.note("memory that a sweep adds to an idle process", f"{grown:.1f} MB", "<= 20 MB",
                met=grown <= 20)  # fmt: skip
    _redemptions_meanwhile(made, lots // 20, yesterday)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _one_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [clock.today()])


def _sweep() -> None:
    ledger.expire(day=clock.today())


def _memory_of_a_sweep(_number: int) -> float:
    """Return by how many MB the peak of this process, which has just begun, grows."""
    connection.ensure_connection()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _sweep()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _redemptions_meanwhile(made: list[CreditAccount], due: int, day: date) -> None:
    """Tell how long redemptions take while a sweep runs, and while none does."""
    beside = redeem.catalogue(made[0])
    start = redeem.redeems(made, *beside)
    idle, swept = [], []
    for _round in range(ROUNDS):
        _make_due(day, due)
        idle.append(_slow_redemption(start, lambda: time.sleep(IDLE)))
        swept.append(_slow_redemption(start, _sweep))
    report.tell("p95 of a redemption in a sweep (floor: idle)", swept, idle, 2, " ms")


def _slow_redemption(start: Start, meanwhile: Callable[[], None]) -> float:
    """Return the p95 of redemptions, made one by one in another process meanwhile, in ms."""
    barrier, done = FORK.Barrier(2), FORK.Event()

    def work(number: int) -> list[float]:
        operation = start()
        for _warm in range(WARM):
            operation()
        barrier.wait(PATIENCE)
        if number:
            meanwhile()
            done.set()
        taken = []
        while not done.is_set():
            taken.append(_timed(operation))
            time.sleep(PAUSE)
        return taken

    redemptions, _none = sorted(in_processes(work, 2), key=len, reverse=True)
    return quantiles(redemptions, n=20)[-1] * 1000


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
