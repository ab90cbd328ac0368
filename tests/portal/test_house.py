"""The habits of the house that no linter checks."""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from .production import ROOT

OURS = {
    config.label
    for config in apps.get_app_configs()
    if ROOT in (ROOT / config.path).parents and ".venv" not in config.path
}
NUMBERED = re.compile(r"\d{4}_[a-z0-9_]+")
AUTO_NAMED = re.compile(r"_auto_|_\d{8}_|_and_more$")
PACKAGES = ["credits_portal", "accounts", "purchasing", "redemption", "approvals", "reports"]
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.parent.name != "migrations"
]
LOCKS = ["requirements.lock", "requirements-production.lock"]


def our_migrations():
    """Return every migration of the project's own apps."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [found for key, found in loader.disk_migrations.items() if key[0] in OURS]


@pytest.mark.django_db
def test_no_migration_is_missing():
    output = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=output)
    assert output.getvalue().strip() == "No changes detected"


def test_every_migration_is_named():
    names = [migration.name for migration in our_migrations()]
    assert names
    assert [name for name in names if not NUMBERED.fullmatch(name) or AUTO_NAMED.search(name)] == []


def test_every_migration_can_be_undone():
    operations = [
        (str(migration), operation)
        for migration in our_migrations()
        for operation in migration.operations
        if isinstance(operation, RunPython | RunSQL)
    ]
    assert [name for name, operation in operations if not operation.reversible] == []


@pytest.mark.django_db(transaction=True)
def test_all_migrations_can_be_undone_and_done_again():
    call_command("migrate", "purchasing", "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    assert "purchasing_order" in connection.introspection.table_names()


def test_rows_are_locked_in_one_module_only():
    lockers = [path.name for path in SOURCES if "select_for_update(" in path.read_text()]
    assert lockers == ["locks.py"]


def test_no_file_of_code_is_longer_than_400_lines():
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in SOURCES}
    assert {name: count for name, count in lines.items() if count > 400} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_path(name):
    text = (ROOT / name).read_text()
    assert re.findall(r"https?:|file://|--\w*index|--find-links|^/|\./", text, re.MULTILINE) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_of_a_lock_has_a_hash(name):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if "==" in line]
    assert pinned
    assert [line for line in pinned if "--hash=sha256:" not in line] == []


def test_production_installs_the_versions_that_were_tested():
    tested, production = (
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS
    )
    assert production - tested == set()
