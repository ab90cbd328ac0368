"""A process that is killed at its commit leaves all of a checkout or nothing (trust.md 2)."""

import os
import signal
import subprocess
import sys
import uuid

import pytest
from django.db import connection

from accounts import ledger
from credits_portal.outbox.models import OutboundMail
from redemption.models import Redemption
from tests.factories.redemption import CourseFactory, funded_account, register

from .production import ROOT

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def die_at_the_commit(when, account, course, key):
    """Check out in a process that is killed `before` or `after` its commit."""
    given = connection.settings_dict
    server = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.portal.killed", when, str(account.pk), str(course.pk), key],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"postgres://{server}/{given['NAME']}"},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_killed_checkout_is_there_wholly_or_not_at_all(when, made):
    account, course = funded_account(), CourseFactory()
    die_at_the_commit(when, account, course, str(uuid.uuid4()))
    assert Redemption.objects.count() == made
    assert ledger.balance(account=account).redeemed == made * 100
    assert OutboundMail.objects.exists() == bool(made)
    assert ledger.verify() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_sent_again_a_killed_checkout_is_made_once(when):
    account, course, key = funded_account(), CourseFactory(), str(uuid.uuid4())
    die_at_the_commit(when, account, course, key)
    register(account, training=course, key=key)
    assert Redemption.objects.count() == 1
    assert ledger.balance(account=account).redeemed == 100
