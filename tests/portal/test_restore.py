"""The restore drill of docs/deploy.md, done as it is written there."""

import os
import shutil
import subprocess
import uuid

import psycopg
import pytest

from .production import PRODUCTION, ROOT, manage

pytestmark = pytest.mark.servers
COUNTS = "SELECT count(*), coalesce(sum(available), 0) FROM accounts_creditlot"


@pytest.fixture
def two_databases():
    """Make two empty databases; return their addresses."""
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    names = [f"drill_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maker:
        for name in names:
            maker.execute(f'CREATE DATABASE "{name}"')
    yield [f"{server}/{name}" for name in names]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maker:
        for name in names:
            maker.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def counts(address):
    """Return how many lots there are, and the credits to spend in them."""
    with psycopg.connect(address) as connection:
        return connection.execute(COUNTS).fetchone()


def test_a_restored_dump_has_every_credit_and_breaks_no_invariant(two_databases, tmp_path):
    assert shutil.which("pg_dump")
    before, after = two_databases
    folder = {"VAR_DIR": str(tmp_path)}
    assert (
        manage("migrate", "--verbosity", "0", DEBUG="1", DATABASE_URL=before, **folder).returncode
        == 0
    )
    demo = manage("demo", DEBUG="1", DATABASE_URL=before, **folder)
    assert demo.returncode == 0, demo.stderr
    dump = str(tmp_path / "portal.dump")
    run("pg_dump", "--format=custom", "--file", dump, before)
    run("pg_restore", "--no-owner", "--exit-on-error", "--dbname", after, dump)
    verified = manage("verify_ledger", DATABASE_URL=after, **PRODUCTION, **folder)
    assert verified.returncode == 0, verified.stdout
    assert counts(after) == counts(before)
    assert counts(after)[0] > 0


def run(*command):
    """Run a command to its end."""
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
