"""Redemptions per second: the verb with its redemption and mail, against bare psycopg."""

import multiprocessing
import os
import time
import uuid
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import psycopg
from django.db import connection, connections, transaction

from accounts import ledger, passkeys
from accounts.models import CreditAccount
from bench import database, history, report
from credits_portal.lib import clock, statements
from credits_portal.outbox.services import queue
from redemption.models import Training

FORK = multiprocessing.get_context("fork")
ROUNDS = 3
Operation = Callable[[int], None]

FLOOR_TABLES = (
    "accounts_creditaccount", "accounts_creditlot", "accounts_ledgerentry", "accounts_posting",
    "redemption_redemption", "outbox_outboundmail",
)  # fmt: skip


INSERT_REDEMPTION = (
    "INSERT INTO {} (link_nonce, link_digest, reference, account_id, passkey_id, name, email,"
    " language, note, cost_centre, training_id, credits, key, fingerprint, status, submitted_at,"
    " confirmed_at, outcome_note) VALUES (%s, %s, %s, %s, %s, 'Ann', 'ann@example.com', '', '', '',"
    " %s, 1, %s, %s, 'confirmed', %s, %s, '') RETURNING id"
)


def redemption_row(account_id: int, passkey: Any, training: Training) -> list[Any]:
    """Return what both write beside the ledger, in one statement each."""
    name, now = uuid.uuid4().hex, clock.now()
    return [name, name * 2, name[:12], account_id, passkey.pk, training.pk, name, name, now, now]


def ours(training: Training, passkey: Any) -> Callable[[], Operation]:
    """Return what makes, in each process, one redemption as the portal does: the lock last."""

    def start() -> Operation:
        def redeem(account_id: int) -> None:
            values = redemption_row(account_id, passkey, training)
            with transaction.atomic(), statements.prepared() as cursor:
                cursor.execute(INSERT_REDEMPTION.format("redemption_redemption"), values)
                (redemption_id,) = cursor.fetchone()
                queue(
                    name="redemption.confirmed",
                    recipient="ann@example.com",
                    key=f"redemption:{redemption_id}",
                    params={"redemption": redemption_id},
                )
                ledger.redeem(
                    account=CreditAccount(pk=account_id),
                    credits=1,
                    fits=None,
                    key=f"redemption:{redemption_id}",
                    actor=f"registration:{redemption_id}",
                    reason="bench",
                )

        return redeem

    return start


def floor(training: Training, passkey: Any) -> Callable[[], Operation]:
    """Return the same by bare psycopg, the statements one by one, prepared, on like tables."""

    def start() -> Operation:
        bare = psycopg.connect(database.dsn())
        numbers = count(os.getpid() % 1000 * 1_000_000)

        def redeem(account_id: int) -> None:
            name, number, now = uuid.uuid4().hex, next(numbers), clock.now()
            run = bare.execute
            run("SELECT id, status FROM floor_creditaccount WHERE id = %s", [account_id])
            run("SELECT id FROM floor_creditaccount WHERE id = %s FOR UPDATE", [account_id])
            lot = run(
                "SELECT id FROM floor_creditlot WHERE account_id = %s AND last_day >= %s"
                " AND available > 0 ORDER BY last_day, id LIMIT 1",
                [account_id, now.date()],
            ).fetchone()
            run(
                "UPDATE floor_creditlot SET available = available - 1, redeemed = redeemed + 1"
                " WHERE id = %s",
                lot,
            )
            entry = run(
                "INSERT INTO floor_ledgerentry (account_id, number, kind, key, fingerprint,"
                " credits, actor, reason, effective_at, created_at, previous_hash, hash)"
                " VALUES (%s, %s, 'redeem', %s, %s, 1, 'job', 'bench', %s, %s, %s, %s)"
                " RETURNING id",
                [account_id, number, name, name * 2, now, now, name * 2, name * 2],
            ).fetchone()
            run(
                "INSERT INTO floor_posting (entry_id, lot_id, source, target, credits)"
                " VALUES (%s, %s, 'available', 'redeemed', 1)",
                [entry[0], lot[0]],
            )
            run(
                INSERT_REDEMPTION.format("floor_redemption"),
                redemption_row(account_id, passkey, training),
            )
            run(
                "INSERT INTO floor_outboundmail (key, recipient, name, language, params,"
                " encrypted_secret, has_secret, about, state, attempts, next_try_at, message_id,"
                " subject, error, created_at, queued_at)"
                " VALUES (%s, 'ann@example.com', 'confirmed', '', '{}', '', false, '', 'queued', 0,"
                " %s, %s, '', '', %s, %s)",
                [name, now, name, now, now],
            )
            bare.commit()

        return redeem

    return start


def rate(
    start: Callable[[], Operation], account_ids: list[int], *, clients: int, seconds: float
) -> float:
    """Return how many operations a second so many processes do together."""
    results = FORK.Queue()
    barrier = FORK.Barrier(clients)

    def work(seed: int) -> None:
        operation, chance, done = start(), Random(seed), 0
        for _warm in range(10):
            operation(chance.choice(account_ids))
        barrier.wait()
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            operation(chance.choice(account_ids))
            done += 1
        results.put(done / (time.perf_counter() - began))

    return sum(_in_processes(work, clients, results))


def _in_processes(work: Callable[[int], None], clients: int, results: Any) -> list[Any]:
    """Run `work` in so many processes; return what each put into `results`."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    workers = [FORK.Process(target=work, args=(seed,)) for seed in range(clients)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=600) for _worker in workers]
    for worker in workers:
        worker.join()
    return found


def against_the_floor(*, quick: bool) -> None:
    """Rows 1 and 2 of the aims: a hot account, and many."""
    made = history.accounts(1000 if quick else 10_000)
    training, passkey = _catalogue(made[0])
    _make_floor_tables()
    history.analyse()
    everyone = [account.pk for account in made]
    hot = everyone[:1]
    for name, ids, clients, aim in (
        ("redeem, hot account, 1 process", hot, 1, 0.5),
        ("redeem, hot account, 4 processes", hot, 4, 0.5),
        (f"redeem, {len(made):,} accounts, 4 processes", everyone, 4, 0.45),
    ):
        mine, least = [], []
        for _round in range(ROUNDS):
            seconds = 1 if quick else 5
            least.append(rate(floor(training, passkey), ids, clients=clients, seconds=seconds))
            mine.append(rate(ours(training, passkey), ids, clients=clients, seconds=seconds))
        report.tell(name, mine, least, aim, "/s")


def against_a_short_history(*, quick: bool) -> None:
    """Row 3 of the aims: 1,000,000 earlier entries against 1,000."""
    times = 100_000 if quick else 1_000_000
    short, long = history.accounts(2)
    history.redeem_often(short, 1000)
    history.redeem_often(long, times)
    start = ours(*_catalogue(short))
    history.analyse()
    after_long, after_short = [], []
    for _round in range(ROUNDS + 2):
        seconds = 1 if quick else 5
        after_short.append(rate(start, [short.pk], clients=1, seconds=seconds))
        after_long.append(rate(start, [long.pk], clients=1, seconds=seconds))
    report.tell(
        f"redeem after {times:,} entries (floor: 1,000)", after_long, after_short, 0.95, "/s"
    )


def drain(*, quick: bool) -> None:
    """Row 4 of the aims: 16 processes drain an account, against 2."""
    credits = 1000 if quick else 6000
    rates: dict[int, list[float]] = {2: [], 16: []}
    for _round in range(ROUNDS):
        for clients, seen in rates.items():
            seen.append(_drain_once(credits, clients))
    report.tell("drain by 16 processes (floor: by 2)", rates[16], rates[2], 0.8, "/s")


def _drain_once(credits: int, clients: int) -> float:
    (account,) = history.accounts(1)
    entry = {"account": account, "fits": None, "actor": "job:bench", "reason": "bench"}
    ledger.redeem(credits=history.CREDITS - credits, key="first", **entry)
    results = FORK.Queue()
    barrier = FORK.Barrier(clients)

    def work(seed: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        began = time.perf_counter()
        for number in count():
            try:
                ledger.redeem(credits=1, key=f"{seed}:{number}", **entry)
            except ledger.InsufficientCredits:
                results.put((number, began, time.perf_counter()))
                return

    seen = _in_processes(work, clients, results)
    redeemed = sum(number for number, _began, _ended in seen)
    left = ledger.balance(account=account).available
    if redeemed != credits or left:
        raise SystemExit(f"drained {redeemed} of {credits}, {left} left")
    return credits / (max(row[2] for row in seen) - min(row[1] for row in seen))


def _catalogue(account: CreditAccount) -> tuple[Training, Any]:
    """Return a training and a passkey, to which redemptions refer."""
    training = Training.objects.create(
        slug=uuid.uuid4().hex, title="Bench", summary="Bench", kind="live", credits=1
    )
    return training, passkeys.ensure(account=account)[0]


def _make_floor_tables() -> None:
    """Copy the tables with their defaults, checks and indexes; foreign keys stay away."""
    with connection.cursor() as cursor:
        for table in FLOOR_TABLES:
            name = f"floor_{table.split('_', 1)[1]}"
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
            cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        for name in ("creditaccount", "creditlot"):
            cursor.execute(f"INSERT INTO floor_{name} SELECT * FROM accounts_{name}")
