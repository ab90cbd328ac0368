"""A crowd at the checkout over HTTP: the last credits are spent exactly once (trust.md 3)."""

import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from .composition import broker, composition, database, sink
from .production import free_port, get, wait_until
from .visitor import Visitor

__all__ = ["broker", "composition", "database", "sink"]
pytestmark = pytest.mark.servers

CROWD, CREDITS = 40, 20
A_TEAM = f"""
import itertools, json, os
from accounts import passkeys
from tests.factories import redemption
from tests.factories.redemption import CourseFactory, funded_account
redemption.numbers = itertools.count(os.getpid())
account = funded_account({CREDITS})
course = CourseFactory(credits=1, slug=f"course-{{account.pk}}")
code = passkeys.reveal(account.passkeys.get())
print(json.dumps({{"account": account.pk, "slug": course.slug, "passkey": code}}))
"""


def at_the_check_page(port, team, number):
    """Fill in the form as somebody of the team; return them with the check page before them."""
    visitor = Visitor(port)
    form = f"/training/{team['slug']}/register/"
    visitor.get(form)
    fields = {"name": f"P {number}", "email": f"p{number}@example.com", "attending": "on"}
    check = visitor.post(form, fields | {"passkey": team["passkey"]}).headers["Location"]
    assert visitor.get(check).status == 200
    return visitor, check


def redeem_at_once(composition, port):
    """Let a crowd send the check page at one moment; return statuses, places and credits left."""
    team = json.loads(composition.python(A_TEAM))
    gate = threading.Barrier(CROWD)
    with ThreadPoolExecutor(8) as pool:
        crowd = list(pool.map(lambda n: at_the_check_page(port, team, n), range(CROWD)))

    def send(one):
        visitor, check = one
        gate.wait()
        return visitor.post(check).status

    with ThreadPoolExecutor(CROWD) as pool:
        statuses = Counter(pool.map(send, crowd))
    with psycopg.connect(composition.here["DATABASE_URL"]) as database:
        places, left = database.execute(
            "SELECT (SELECT count(*) FROM redemption_redemption WHERE account_id = %(it)s),"
            " (SELECT sum(available) FROM accounts_creditlot WHERE account_id = %(it)s)",
            {"it": team["account"]},
        ).fetchone()
    return statuses, places, left


def test_a_crowd_spends_the_last_credits_exactly(composition):
    statuses, places, left = redeem_at_once(composition, composition.port)
    assert (places, left) == (CREDITS, 0)
    assert not [status for status in statuses if status >= 500]
    composition.run("worker", [sys.executable, "manage.py", "verify_ledger"])


def test_the_same_crowd_shows_the_loss_of_the_locks(composition):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:tests.portal.without_locks"]
    composition.start("web", called="lockless", command=command, PORT=str(port))
    wait_until(lambda: get(port, "/healthz")[0] == 200, what="the first answer without locks")
    rounds = [redeem_at_once(composition, port)]
    exact = [
        (places, left) == (CREDITS, 0) and max(statuses) < 500 for statuses, places, left in rounds
    ]
    assert exact != [True, True], rounds
