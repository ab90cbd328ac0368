"""The database itself refuses changes of the ledger."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.ledger import LedgerEntry, Posting, guards
from tests.factories.accounts import make_lot


def refused(sql):
    append_only = pytest.raises(IntegrityError, match="append-only")
    with append_only, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


ON_BOTH = {
    "an entry's update": "UPDATE accounts_ledgerentry SET reason = 'other'",
    "an entry's deletion": "DELETE FROM accounts_ledgerentry",
    "a posting's update": "UPDATE accounts_posting SET credits = credits + 1",
    "a posting's deletion": "DELETE FROM accounts_posting",
    "a lot's deletion": "DELETE FROM accounts_creditlot",
    "a lot's price": "UPDATE accounts_creditlot SET unit_price = 2",
    "a lot's last day": "UPDATE accounts_creditlot SET last_day = '2030-01-01'",
    "a lot's size": "UPDATE accounts_creditlot SET credits = 1, available = 1",
}
TRUNCATIONS = ["accounts_ledgerentry", "accounts_posting", "accounts_creditlot"]


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ON_BOTH.values(), ids=ON_BOTH)
def test_the_database_refuses(sql):
    make_lot()
    refused(sql)


@pytest.mark.servers
@pytest.mark.django_db
@pytest.mark.parametrize("table", TRUNCATIONS)
def test_postgresql_refuses_to_truncate(table):
    refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("table", TRUNCATIONS)
def test_sqlite_refuses_to_replace(table):
    make_lot()
    refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.django_db
def test_exactly_the_declared_triggers_are_installed():
    assert guards.installed() == sorted(guards.triggers())


@pytest.mark.django_db
def test_a_missing_trigger_is_put_up_again():
    guards.remove()
    guards.install()
    assert guards.installed() == sorted(guards.triggers())


@pytest.mark.django_db(transaction=True)
def test_the_flush_of_transactional_tests_empties_the_ledger():
    make_lot()
    with guards.lifted():
        Posting.objects.all().delete()
        LedgerEntry.objects.all().delete()
    assert guards.installed() == sorted(guards.triggers())


@pytest.mark.django_db(transaction=True)
def test_the_guards_stand_after_a_flush():
    make_lot()
    assert guards.installed() == sorted(guards.triggers())
