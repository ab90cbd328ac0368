"""The triggers that make the ledger append-only: plain SQL is refused by the database itself.

They are put up after every migrate, because SQLite drops them silently when it alters a table.
`lifted` is for tests, whose flush empties every table.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.ledger import dialect
from accounts.ledger.models import CreditLot, LedgerEntry, Posting

ENTRIES = LedgerEntry._meta.db_table
POSTINGS = Posting._meta.db_table
LOTS = CreditLot._meta.db_table
TERMS = ["id", "account_id", "credits", "unit_price", "purchased_on", "last_day"]

# What makes two rows the same to the database: INSERT OR REPLACE would take the first away.
IDENTITIES = {
    ENTRIES: [["id"], ["account_id", "number"], ["account_id", "key"], ["ends_id"]],
    POSTINGS: [["id"], ["entry_id", "lot_id"]],
    LOTS: [["id"]],
}


def triggers() -> dict[str, str]:
    """Return the triggers of this engine, the statement that makes each by its name."""
    return _postgresql() if dialect.is_postgresql() else _sqlite()


def installed() -> list[str]:
    """Return the names of the ledger's triggers that the database has, in order."""
    if dialect.is_postgresql():
        sql = "SELECT tgname FROM pg_trigger WHERE tgname LIKE %s AND tgenabled = 'O'"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, ["ledger_%"])
        return sorted(name for (name,) in cursor.fetchall())


def install(**kwargs: object) -> None:  # noqa: ARG001
    """Put up what is missing; called after every migrate."""
    if not set(IDENTITIES) <= set(connection.introspection.table_names()):
        return
    missing = set(triggers()) - set(installed())
    with connection.cursor() as cursor:
        if missing and dialect.is_postgresql():
            cursor.execute(REFUSE)
        for name in sorted(missing):
            cursor.execute(_drop(name))
            cursor.execute(triggers()[name])


def remove() -> None:
    """Take the triggers down."""
    with connection.cursor() as cursor:
        for name in installed():
            cursor.execute(_drop(name))


@contextmanager
def lifted() -> Iterator[None]:
    """Lift the guards for a while."""
    remove()
    try:
        yield
    finally:
        install()


def _drop(name: str) -> str:
    if not dialect.is_postgresql():
        return f"DROP TRIGGER IF EXISTS {name}"
    return f"DROP TRIGGER IF EXISTS {name} ON {table_of(name)}"


def table_of(name: str) -> str:
    """Return the table that a trigger guards."""
    return {"entries": ENTRIES, "postings": POSTINGS, "lots": LOTS}[name.split("_")[1]]


REFUSE = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _postgresql() -> dict[str, str]:
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    made = {}
    for name, table in (("entries", ENTRIES), ("postings", POSTINGS)):
        made[f"ledger_{name}_change"] = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}"
    changed = f"({_row('OLD')}) IS DISTINCT FROM ({_row('NEW')})"
    made["ledger_lots_terms"] = (
        f"BEFORE UPDATE OF {', '.join(TERMS)} ON {LOTS} FOR EACH ROW WHEN ({changed}) {refuse}"
    )
    made["ledger_lots_delete"] = f"BEFORE DELETE ON {LOTS} FOR EACH ROW {refuse}"
    for name, table in (("entries", ENTRIES), ("postings", POSTINGS), ("lots", LOTS)):
        made[f"ledger_{name}_truncate"] = f"BEFORE TRUNCATE ON {table} {refuse}"
    return {name: f"CREATE TRIGGER {name} {rest}" for name, rest in made.items()}


def _sqlite() -> dict[str, str]:
    made = {}
    for name, table in (("entries", ENTRIES), ("postings", POSTINGS)):
        made[f"ledger_{name}_update"] = f"BEFORE UPDATE ON {table}"
    changed = f"({_row('OLD')}) IS NOT ({_row('NEW')})"
    made["ledger_lots_terms"] = f"BEFORE UPDATE OF {', '.join(TERMS)} ON {LOTS} WHEN {changed}"
    for name, table in (("entries", ENTRIES), ("postings", POSTINGS), ("lots", LOTS)):
        made[f"ledger_{name}_delete"] = f"BEFORE DELETE ON {table}"
        same = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE "  # noqa: S608
            + " AND ".join(f"{column} = NEW.{column}" for column in columns)
            + ")"
            for columns in IDENTITIES[table]
        )
        made[f"ledger_{name}_replace"] = f"BEFORE INSERT ON {table} WHEN {same}"
    refusal = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    return {name: f"CREATE TRIGGER {name} {rest} {refusal}" for name, rest in made.items()}


def _row(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in TERMS)
