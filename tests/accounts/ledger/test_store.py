"""How the ledger's statements reach their rows on PostgreSQL."""

import pytest
from django.db import connection

from accounts.ledger import store
from tests.factories.accounts import CreditAccountFactory, make_lot

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture
def young(db):
    """A programme whose accounts have one entry each: every index of theirs looks good."""
    for _account in range(100):
        make_lot(CreditAccountFactory(), 5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_ledgerentry")
        yield cursor


def plan(cursor):
    """Return the plan that every later call of a spend's look-up gets."""
    first, *parts = store.READ.format(found=store.DRAWABLE).split("%s")
    sql = first + "".join(f"${number}{part}" for number, part in enumerate(parts, start=1))
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute("SET LOCAL enable_seqscan = off")
    cursor.execute(f"PREPARE look (text, bigint, bigint, date, bigint) AS {sql}")
    cursor.execute("EXPLAIN EXECUTE look('key', 1, 1, '2026-03-10', 5)")
    found = "\n".join(line for (line,) in cursor.fetchall())
    cursor.execute("DEALLOCATE look")
    return found


def test_a_key_is_found_by_its_own_index(young):
    assert "Index Scan using entry_key_once" in plan(young)


def test_a_key_is_never_looked_for_among_all_entries_of_the_account(young):
    young.execute("SET CONSTRAINTS ALL IMMEDIATE")
    young.execute("ALTER TABLE accounts_ledgerentry DROP CONSTRAINT entry_key_once")
    assert "Index Cond: (account_id = $2)" not in plan(young)
