"""Reports and files over long histories, beside the same question in plain SQL."""

import resource
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

import psycopg
from django.db import connection
from django.test import Client

from accounts.models import CreditAccount
from bench import database, report, side_by_side, years
from credits_portal.lib import clock
from reports import statement, usage
from reports.books import queries as books
from reports.downloads import REPORTS
from reports.exports import csv_chunks
from reports.statement_rows import statement_table

ROUNDS = 7

# What moved is added up by entry, returns with the entry that they reverse; then month by month.
# Each table is read by account and then joined: without that PostgreSQL takes four times as long.
USAGE = """
WITH booked AS MATERIALIZED (
    SELECT id, reverses_id, effective_at FROM accounts_ledgerentry
    WHERE account_id = %(account)s AND kind IN ('redeem', 'capture', 'restore')
), posted AS MATERIALIZED (
    SELECT posting.entry_id, CASE posting.target WHEN 'redeemed' THEN posting.credits
        ELSE -posting.credits END AS credits, lot.unit_price
    FROM accounts_creditlot AS lot JOIN accounts_posting AS posting ON posting.lot_id = lot.id
    WHERE lot.account_id = %(account)s
), moved AS MATERIALIZED (
    SELECT COALESCE(booked.reverses_id, booked.id) AS id,
        SUM(posted.credits) AS credits, SUM(posted.credits * posted.unit_price) AS value
    FROM booked JOIN posted ON posted.entry_id = booked.id
    GROUP BY 1
), place AS MATERIALIZED (
    SELECT entry_id, status FROM redemption_registration
    WHERE account_id = %(account)s AND entry_id IS NOT NULL
)
SELECT to_char(booked.effective_at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month, COUNT(*),
    COUNT(*) FILTER (WHERE place.status = 'attended'),
    COUNT(*) FILTER (WHERE place.status = 'missed'),
    COUNT(*) FILTER (WHERE place.status = 'cancelled'),
    COUNT(*) FILTER (WHERE place.status = 'registered'),
    SUM(moved.credits), SUM(moved.value)
FROM place
JOIN booked ON booked.id = place.entry_id
JOIN moved ON moved.id = booked.id
GROUP BY 1 ORDER BY 1
"""

STATEMENT = """
SELECT entry.number, CAST(entry.effective_at AT TIME ZONE '{zone}' AS date),
    CAST(entry.created_at AT TIME ZONE '{zone}' AS date), entry.kind, training.title,
    redemption.name, redemption.reference, redemption.cost_centre, entry.reason, lot.last_day,
    posting.target, posting.credits, lot.unit_price, posting.credits * lot.unit_price,
    {change}, SUM({change}) OVER (ORDER BY entry.number, posting.id)
FROM accounts_ledgerentry AS entry
JOIN accounts_posting AS posting ON posting.entry_id = entry.id
JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id
LEFT JOIN redemption_redemption AS redemption
    ON redemption.entry_id = COALESCE(entry.ends_id, entry.reverses_id, entry.id)
LEFT JOIN redemption_training AS training ON training.id = redemption.training_id
WHERE entry.account_id = {account}
ORDER BY entry.number
"""
CHANGE = (
    "CASE WHEN posting.target = 'available' THEN posting.credits"
    " WHEN posting.source = 'available' THEN -posting.credits ELSE 0 END"
)


def everything(*, quick: bool) -> None:
    """Measure a small programme's pages, then a large one's usage report and statement."""
    many = 100_000 if quick else 1_000_000
    sizes = [many // 10, *[many * 9 // 10_000] * 1000]
    account, *_others = years.live_through(sizes, places_every=[1, *[5] * 1000])
    pages(account, many)
    the_books(many)
    larger = [many // 20, many, *[many * 4 // 1000] * 1000]
    used, long, *_others = years.live_through(larger, places_every=[1, 5, *[0] * 1000])
    usage_by_month(used, sum(sizes) + sum(larger))
    statement_as_csv(long, many)


def milliseconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def usage_by_month(account: CreditAccount, entries: int) -> None:
    """Usage by month against the same in SQL, in turn."""
    bare = psycopg.connect(database.dsn(), options="-c jit=off")  # as the portal has it
    terms = {"account": account.pk, "zone": str(clock.zone())}

    def floor() -> list[Any]:
        return bare.execute(USAGE, terms).fetchall()

    def ours() -> usage.Usage:
        return usage.usage(account, usage.MONTHS, usage.Filters())

    answer = [(line.places, line.credits, line.value) for line in ours().lines]
    if answer != [(row[1], row[6], row[7]) for row in floor()]:
        raise SystemExit("the usage report and plain SQL differ")
    pairs = [(milliseconds(floor), milliseconds(ours)) for _round in range(ROUNDS)]
    least, mine = (median(times) for times in zip(*pairs, strict=True))
    what = f"usage by month, {account_size(account):,} of {entries:,} entries"
    shown = f"{mine:.0f} ms, SQL {least:.0f} ms, x {mine / least:.2f}"
    report.note(what, shown, "<= 1.2 x + 2 ms", met=mine <= 1.2 * least + 2)


def account_size(account: CreditAccount) -> int:
    """Return how many entries the account has."""
    return account.entries.count()


def statement_as_csv(account: CreditAccount, rows: int) -> None:
    """Rate, first byte and memory of the whole statement as CSV, against COPY by psql."""
    mine, least = [], []
    for _round in range(3):
        least.append(copied_by_psql(account))
        mine.append(in_a_process(lambda: streamed(account)))
    rates = [each["MB/s"] for each in mine]
    report.tell(f"statement of {rows:,} rows as CSV, MB", rates, least, 0.5, "/s")
    first = median(each["first"] for each in mine)
    report.note("its first byte", f"{first:.0f} ms", "<= 50 ms", met=first <= 50)
    row = median(each["row"] for each in mine)
    report.note("its first row", f"{row:.0f} ms", "none", met=True)
    grown = max(each["memory"] for each in mine)
    report.note("memory that it adds to the peak", f"{grown:.1f} MB", "<= 20 MB", met=grown <= 20)


def copied_by_psql(account: CreditAccount) -> float:
    """Return the MB a second of psql's COPY of the same rows."""
    statement_ = STATEMENT.format(account=account.pk, zone=clock.zone(), change=CHANGE)
    command = ["psql", "-qAtX", "-c", f"COPY ({statement_}) TO STDOUT CSV", database.dsn()]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as psql:
        size = sum(len(piece) for piece in iter(partial(psql.stdout.read, 1 << 16), b""))
    return size / 1e6 / (time.perf_counter() - began)


def streamed(account: CreditAccount) -> dict[str, float]:
    """Return rate, first byte, first row and memory of our own."""
    connection.ensure_connection()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    seen, size = [], 0
    for chunk in csv_chunks(statement_table(account, statement.ALL)):
        seen.append(time.perf_counter() - began)
        size += len(chunk)
        del seen[2:]
    return {
        "MB/s": size / 1e6 / (time.perf_counter() - began),
        "first": seen[0] * 1000,
        "row": seen[1] * 1000,
        "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }


def in_a_process(act: Callable[[], Any]) -> Any:
    """Return what `act` returns in a process of its own, whose memory is its own too."""
    return side_by_side.in_processes(lambda _number: act(), 1)[0]


def the_books(entries: int) -> None:
    """How long the books take, and in how many statements."""
    today = clock.today()
    for name, ask in {
        "months": lambda: books.by_month(today - timedelta(days=365), today),
        "deferred revenue by account": lambda: books.by_account(today),
        "deferred revenue a year ago": lambda: books.on(today - timedelta(days=365)),
        "ageing": lambda: books.ageing(today),
        "about to lose credits": lambda: books.about_to_lose(60),
    }.items():
        told(f"books over {entries:,} entries: {name}", ask, limit=10_000)


def pages(account: CreditAccount, entries: int) -> None:
    """How long an owner's pages take with a long history, and in how many statements."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(account.owner)
    addresses = [account.get_absolute_url(), *(each.url(account) for each in REPORTS.values())]
    size = f"{account_size(account):,} of {entries:,} entries"
    for address in addresses:
        name = address.replace(account.public_id, "<id>")
        told(f"{name} of {size}", partial(seen, client, address), limit=1000)


def seen(client: Client, address: str) -> None:
    """Read a page."""
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} does not answer")


def told(what: str, act: Callable[[], object], *, limit: float) -> None:
    """Print the median time and the number of statements."""
    statements = []

    def counted(execute: Any, *asked: Any) -> Any:
        statements.append(asked[0])
        return execute(*asked)

    with connection.execute_wrapper(counted):
        act()
    spent = median(milliseconds(act) for _round in range(3))
    report.note(what, f"{spent:.0f} ms, {len(statements)} statements", f"< {limit:,.0f} ms",
                met=spent < limit)  # fmt: skip
