"""Statements that are planned once, not once per call."""

import pytest
from django.db.utils import IntegrityError

from credits_portal.lib import statements

pytestmark = pytest.mark.django_db

SQL = "SELECT %s || model FROM django_content_type ORDER BY model LIMIT 1"


def run(sql, *values):
    return statements.run(sql, values).fetchall()


def test_values_reach_the_statement():
    assert run("SELECT id FROM accounts_user WHERE email = %s", "%s'; --") == []


@pytest.mark.servers
def test_postgresql_prepares_what_comes_back():
    for _time in range(7):
        run(SQL, "x")
    prepared = run("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE '%%LIMIT 1'")
    assert prepared == [(1,)]


def test_errors_are_djangos_own():
    with pytest.raises(IntegrityError):
        run("INSERT INTO django_content_type (id, app_label, model) VALUES (1, NULL, %s)", "x")


def test_statements_are_counted_like_any(django_assert_num_queries):
    with django_assert_num_queries(1):
        run(SQL, "x")
