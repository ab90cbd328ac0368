"""Redemptions per second: the verb with its redemption and mail, against bare psycopg."""

import os
import time
import uuid
from itertools import count
from random import Random
from typing import Any

from django.db import connection, transaction

from accounts import ledger, passkeys
from accounts.models import CreditAccount
from bench import floor, history, report
from bench.side_by_side import FORK, PATIENCE, Operation, Start, in_processes, rates
from credits_portal.lib import statements
from credits_portal.outbox.services import queue
from redemption.models import Training

INSERT = floor.REDEMPTION.format("redemption_redemption")


def redeems(accounts: list[CreditAccount], training: Training, passkey: Any) -> Start:
    """Return what makes one redemption after the other as the portal does: the lock last."""

    def start() -> Operation:
        chance = Random(os.getpid())

        def redeem() -> None:
            account = chance.choice(accounts)
            row = floor.redemption_row(account.pk, passkey, training)
            with transaction.atomic():
                (redemption_id,) = statements.run(INSERT, row).fetchone()
                queue(
                    name="redemption.confirmed",
                    recipient="ann@example.com",
                    key=f"redemption:{redemption_id}",
                    params={"redemption": redemption_id},
                )
                ledger.redeem(
                    account=account,
                    credits=1,
                    fits=None,
                    key=f"redemption:{redemption_id}",
                    actor=f"registration:{redemption_id}",
                    reason="bench",
                )

        return redeem

    return start


def against_the_floor(*, quick: bool) -> None:
    """Rows 1 and 2 of the aims: a hot account, and many."""
    made = history.accounts(1000 if quick else 10_000)
    beside = catalogue(made[0])
    floor.make_tables()
    history.analyse()
    for name, accounts, clients, aim in (
        ("redeem, hot account, 1 process", made[:1], 1, 0.5),
        ("redeem, hot account, 4 processes", made[:1], 4, 0.5),
        (f"redeem, {len(made):,} accounts, 4 processes", made, 4, 0.45),
    ):
        starts = [floor.redeems(accounts, *beside), redeems(accounts, *beside)]
        least, mine = rates(starts, clients=clients, slices=10 if quick else 60, seconds=0.5)
        report.tell(name, mine, least, aim, "/s")


def against_a_short_history(*, quick: bool) -> None:
    """Row 3 of the aims: 1,000,000 earlier entries against 1,000."""
    times = 100_000 if quick else 1_000_000
    short, long = history.accounts(2)
    history.redeem_often(short, 1000)
    history.redeem_often(long, times)
    beside = catalogue(short)
    history.analyse()
    starts = [redeems([account], *beside) for account in (short, long)]
    after_short, after_long = rates(starts, clients=1, slices=20 if quick else 80, seconds=0.5)
    report.tell(
        f"redeem after {times:,} entries (floor: 1,000)", after_long, after_short, 0.95, "/s"
    )


def drain(*, quick: bool) -> None:
    """Row 4 of the aims: 16 processes drain an account, against 2."""
    credits = 1000 if quick else 3000
    by_two, by_sixteen = [], []
    for _round in range(3 if quick else 9):
        by_two.append(_drain_once(credits, 2))
        by_sixteen.append(_drain_once(credits, 16))
    report.tell("drain by 16 processes (floor: by 2)", by_sixteen, by_two, 0.8, "/s")


def _drain_once(credits: int, clients: int) -> float:
    """Return credits a second; stop if one was oversold, or refused though it could be paid."""
    (account,) = history.accounts(1)
    entry = {"account": account, "fits": None, "actor": "job:bench", "reason": "bench"}
    ledger.redeem(credits=history.CREDITS - credits, key="first", **entry)
    barrier = FORK.Barrier(clients)

    def work(client: int) -> tuple[int, float, float]:
        connection.ensure_connection()
        barrier.wait(PATIENCE)
        began = time.perf_counter()
        for number in count():
            try:
                ledger.redeem(credits=1, key=f"{client}:{number}", **entry)
            except ledger.InsufficientCredits:
                return number, began, time.perf_counter()
        raise AssertionError("unreachable: the account is empty sooner or later")

    seen = in_processes(work, clients)
    redeemed = sum(number for number, _began, _ended in seen)
    left = ledger.balance(account=account).available
    if redeemed != credits or left:
        raise SystemExit(f"drained {redeemed} of {credits}, {left} left")
    return credits / (max(row[2] for row in seen) - min(row[1] for row in seen))


def catalogue(account: CreditAccount) -> tuple[Training, Any]:
    """Return a training and a passkey, to which redemptions refer."""
    training = Training.objects.create(
        slug=uuid.uuid4().hex, title="Bench", summary="Bench", kind="live", credits=1
    )
    return training, passkeys.ensure(account=account)[0]
