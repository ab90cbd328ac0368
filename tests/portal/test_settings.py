import re

import pytest

from credits_portal import settings

from .production import PRODUCTION, ROOT, manage

LINE = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
REQUIRED = [
    "SECRET_KEY",
    "PASSKEY_KEYS",
    "ALLOWED_HOSTS",
    "BASE_URL",
    "DATABASE_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "SUPPORT_EMAIL",
]


@pytest.fixture
def production(tmp_path):
    return {
        **PRODUCTION,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3",
    }


def test_the_example_lists_every_variable_that_is_read_and_no_other():
    listed = LINE.findall((ROOT / ".env.example").read_text())
    assert sorted(listed) == sorted(settings.env.names)


@pytest.mark.parametrize("name", REQUIRED)
def test_production_does_not_start_without(production, name):
    del production[name]
    done = manage("check", **production)
    assert (done.returncode, done.stderr) == (
        1,
        f"The portal does not start: {name} must be set when DEBUG is off.\n",
    )


def test_the_deployment_check_finds_nothing(production):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **production)
    assert (done.returncode, done.stderr) == (0, "")


def test_debug_starts_with_nothing_else_set(tmp_path):
    done = manage("check", DEBUG="1", VAR_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
