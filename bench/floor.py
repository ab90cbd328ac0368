"""The floor of a redemption: bare psycopg, the statements one by one, prepared."""

import os
import uuid
from itertools import count
from random import Random
from typing import Any

import psycopg
from django.db import connection

from accounts.models import CreditAccount
from bench import database
from bench.side_by_side import Operation, Start
from credits_portal.lib import clock

# Copies of these with their defaults, checks and indexes; foreign keys stay away.
TABLES = (
    "accounts_creditaccount", "accounts_creditlot", "accounts_ledgerentry", "accounts_posting",
    "redemption_redemption", "outbox_outboundmail",
)  # fmt: skip

ACCOUNT = "SELECT id, status FROM floor_creditaccount WHERE id = %s"
LOCK = "SELECT id FROM floor_creditaccount WHERE id = %s FOR UPDATE"
LOT = """
SELECT id FROM floor_creditlot WHERE account_id = %s AND last_day >= %s AND available > 0
ORDER BY last_day, id LIMIT 1
"""
DRAW = "UPDATE floor_creditlot SET available = available - 1, redeemed = redeemed + 1 WHERE id = %s"
ENTRY = """
INSERT INTO floor_ledgerentry (account_id, number, kind, key, fingerprint, credits, actor, reason,
    effective_at, created_at, previous_hash, hash)
VALUES (%s, %s, 'redeem', %s, %s, 1, 'job', 'bench', %s, %s, %s, %s) RETURNING id
"""
POSTING = """
INSERT INTO floor_posting (entry_id, lot_id, source, target, credits)
VALUES (%s, %s, 'available', 'redeemed', 1)
"""
REDEMPTION = """
INSERT INTO {} (link_nonce, link_digest, reference, account_id, passkey_id, name, email, language,
    note, cost_centre, training_id, credits, key, fingerprint, status, submitted_at, confirmed_at,
    outcome_note)
VALUES (%s, %s, %s, %s, %s, 'Ann', 'ann@example.com', '', '', '', %s, 1, %s, %s, 'confirmed',
    %s, %s, '') RETURNING id
"""
MAIL = """
INSERT INTO floor_outboundmail (key, recipient, name, language, params, encrypted_secret,
    has_secret, about, state, attempts, next_try_at, message_id, subject, error, created_at,
    queued_at)
VALUES (%s, 'ann@example.com', 'confirmed', '', '{}', '', false, '', 'queued', 0, %s, %s, '', '',
    %s, %s)
"""


def redemption_row(account_id: int, passkey: Any, training: Any) -> list[Any]:
    """Return the values of REDEMPTION, which both write in one statement."""
    name, now = uuid.uuid4().hex, clock.now()
    return [name, name * 2, name[:12], account_id, passkey.pk, training.pk, name, name, now, now]


def redeems(accounts: list[CreditAccount], training: Any, passkey: Any) -> Start:
    """Return what makes one redemption after the other from accounts at random."""

    def start() -> Operation:
        bare = psycopg.connect(database.dsn())
        run = bare.execute
        chance, numbers = Random(os.getpid()), count(os.getpid() % 1000 * 1_000_000)

        def redeem() -> None:
            account_id = chance.choice(accounts).pk
            name, number, now = uuid.uuid4().hex, next(numbers), clock.now()
            run(ACCOUNT, [account_id])
            run(LOCK, [account_id])
            (lot_id,) = run(LOT, [account_id, now.date()]).fetchone()
            run(DRAW, [lot_id])
            entry = [account_id, number, name, name * 2, now, now, name * 2, name * 2]
            (entry_id,) = run(ENTRY, entry).fetchone()
            run(POSTING, [entry_id, lot_id])
            row = redemption_row(account_id, passkey, training)
            run(REDEMPTION.format("floor_redemption"), row)
            run(MAIL, [name, now, name, now, now])
            bare.commit()

        return redeem

    return start


def make_tables() -> None:
    """Make the floor's tables, the accounts and lots of the others in them."""
    with connection.cursor() as cursor:
        for table in TABLES:
            name = f"floor_{table.split('_', 1)[1]}"
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
            cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        for name in ("creditaccount", "creditlot"):
            cursor.execute(f"INSERT INTO floor_{name} SELECT * FROM accounts_{name}")
