"""Years of a programme by a few INSERT ... SELECT: many accounts, some with long histories.

The guards and foreign keys are off meanwhile and the chain's hashes are made up, so `verify` would
find fault with it; everything that reports read adds up.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from accounts import passkeys
from accounts.models import CreditAccount, User
from bench import history
from redemption.models import Training

LOTS = 4
CREDITS = 500_000_000
# The first entries of an account issue its lots; of each twenty after them nineteen pay a place,
# the last gives back what the one before it took.
RETURNS = "n > 4 AND mod(n, 20) = 0"

PLAN = """
CREATE TEMPORARY TABLE plan ON COMMIT DROP AS
SELECT given.account_id, given.entries, given.places_every,
    SUM(given.entries) OVER (ORDER BY given.account_id) - given.entries
        + (SELECT COALESCE(MAX(id), 0) FROM accounts_ledgerentry) AS before,
    (ROW_NUMBER() OVER (ORDER BY given.account_id) - 1) * {lots}
        + (SELECT COALESCE(MAX(id), 0) FROM accounts_creditlot) AS lots_before
FROM unnest(%(accounts)s::bigint[], %(sizes)s::int[], %(places)s::int[])
    AS given(account_id, entries, places_every);
CREATE TEMPORARY TABLE step ON COMMIT DROP AS
SELECT plan.account_id, plan.places_every, n, plan.before + n AS id,
    plan.lots_before + 1 + CASE WHEN n <= {lots} THEN n - 1
        ELSE mod(n - CASE WHEN {returns} THEN 1 ELSE 0 END, {lots}) END AS lot_id,
    CASE WHEN n <= {lots} THEN 'issue' WHEN {returns} THEN 'restore' ELSE 'redeem' END AS kind,
    now() - interval '3 years' + interval '3 years' * n / (plan.entries + 1) AS moment,
    10 + 365 * n / (plan.entries + 1) AS class
FROM plan, generate_series(1, plan.entries) AS n
"""

LEDGER = """
INSERT INTO accounts_creditlot (id, account_id, credits, unit_price, purchased_on, last_day,
    available, held, redeemed, expired, withdrawn)
SELECT plan.lots_before + n, plan.account_id, {credits}, CASE mod(n, 2) WHEN 0 THEN 0.8 ELSE 1 END,
    current_date - 1095, current_date + 100 * n::int, {credits}, 0, 0, 0, 0
FROM plan, generate_series(1, {lots}) AS n;
INSERT INTO accounts_ledgerentry (id, account_id, number, kind, key, fingerprint, credits, actor,
    reason, reverses_id, effective_at, created_at, previous_hash, hash)
SELECT id, account_id, n, kind, kind || ':' || id, repeat('f', 64),
    CASE kind WHEN 'issue' THEN {credits} ELSE 5 END, 'job:bench', 'R-' || id || ' Bench',
    CASE kind WHEN 'restore' THEN id - 1 END, moment, moment, repeat('f', 64), repeat('f', 64)
FROM step ORDER BY id;
INSERT INTO accounts_posting (entry_id, lot_id, source, target, credits)
SELECT id, lot_id,
    CASE kind WHEN 'issue' THEN 'issued' WHEN 'restore' THEN 'redeemed' ELSE 'available' END,
    CASE kind WHEN 'redeem' THEN 'redeemed' ELSE 'available' END,
    CASE kind WHEN 'issue' THEN {credits} ELSE 5 END
FROM step ORDER BY id;
UPDATE accounts_creditlot AS lot
SET redeemed = used.credits, available = lot.credits - used.credits
FROM (SELECT lot_id,
        SUM(CASE kind WHEN 'redeem' THEN 5 WHEN 'restore' THEN -5 ELSE 0 END) AS credits
    FROM step GROUP BY lot_id) AS used
WHERE used.lot_id = lot.id;
UPDATE accounts_creditaccount AS account SET ledger_number = plan.entries
FROM plan WHERE plan.account_id = account.id
"""

# Places for some or all entries that pay: six in seven in a class, the others in a course.
PLACES = """
INSERT INTO redemption_redemption (id, link_nonce, link_digest, reference, name, email, language,
    note, cost_centre, credits, key, fingerprint, status, submitted_at, confirmed_at, ended_at,
    outcome_note, account_id, entry_id, passkey_id, training_id, session_id, finish_by)
SELECT id, '', 'd' || id, 'R-' || id, 'Person ' || mod(id, 300),
    'p' || mod(id, 300) || '@example.com', '', '', 'CC-' || mod(id, 20), 5, 'k' || id, '',
    CASE WHEN mod(n + 1, 20) = 0 THEN 'cancelled' ELSE 'confirmed' END, moment, moment,
    CASE WHEN mod(n + 1, 20) = 0 THEN moment END, '', account_id, id, %(passkey)s,
    CASE WHEN mod(n, 7) = 0 THEN %(course)s ELSE %(training)s END,
    CASE WHEN mod(n, 7) > 0 THEN %(first_class)s + class END,
    CASE WHEN mod(n, 7) = 0 THEN (moment + interval '90 days')::date END
FROM step WHERE kind = 'redeem' AND mod(n, NULLIF(places_every, 0)) = 0;
INSERT INTO redemption_registration (id, link_nonce, link_digest, name, email, credits, status,
    note, sequence, account_id, entry_id, redemption_id, training_id, session_id, finish_by,
    started_at, ended_at)
SELECT id, '', 'p' || id, name,
    CASE WHEN submitted_at > now() - interval '30 days' THEN id || email ELSE email END, 5,
    CASE WHEN status = 'cancelled' THEN status WHEN submitted_at > now() - interval '30 days'
        THEN 'registered' WHEN mod(id, 10) = 0 THEN 'missed' ELSE 'attended' END,
    '', 0, account_id, entry_id, id, training_id, session_id, finish_by,
    CASE WHEN session_id IS NULL AND status = 'confirmed' AND mod(id, 3) > 0
        THEN submitted_at + interval '5 days' END, ended_at
FROM redemption_redemption WHERE redemption_redemption.id IN (SELECT id FROM step)
"""

CLASSES = """
INSERT INTO redemption_trainingsession (starts_at, ends_at, time_zone, seats, place, link,
    joining_details, status, notice, training_id)
SELECT moment, moment + interval '8 hours', 'Europe/Berlin', 1000000, '', '', '', 'scheduled',
    '', %(training)s
FROM (SELECT now() - interval '3 years' + interval '3 days' * n AS moment
    FROM generate_series(1, 500) AS n) AS day
RETURNING id
"""


def live_through(sizes: Sequence[int], *, places_every: Sequence[int]) -> list[CreditAccount]:
    """Make an account for each of `sizes`, with so many entries.

    Every n-th of them, by `places_every`, has the place that it paid; of an account with 0 none.
    """
    accounts = _accounts(len(sizes))
    training = _training("live")
    terms: dict[str, Any] = {
        "accounts": [account.pk for account in accounts],
        "sizes": list(sizes),
        "places": list(places_every),
        "passkey": passkeys.ensure(account=accounts[0])[0].pk,
        "training": training,
        "course": _training("on_demand"),
    }
    shape = {"lots": LOTS, "credits": CREDITS, "returns": RETURNS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(CLASSES, terms)
        terms["first_class"] = cursor.fetchone()[0]
        for statement in f"{PLAN};{LEDGER};{PLACES}".format(**shape).split(";"):
            cursor.execute(statement, terms)
        for table in ("accounts_ledgerentry", "accounts_creditlot"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
            )
    history.analyse()
    return accounts


def _accounts(count: int) -> list[CreditAccount]:
    owner, _new = User.objects.get_or_create(email="bench@example.com")
    return CreditAccount.objects.bulk_create(
        [CreditAccount(name=f"Bench {number}", owner=owner) for number in range(count)],
        batch_size=2000,
    )


def _training(kind: str) -> int:
    slug = f"bench-{kind}-{Training.objects.count()}"
    return Training.objects.create(slug=slug, title="Bench", summary="", kind=kind, credits=5).pk
