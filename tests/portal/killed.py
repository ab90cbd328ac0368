"""A checkout in a process of its own that is killed before or after its commit.

`python -m tests.portal.killed before|after <account> <training> <key>`, on DATABASE_URL.
"""

import os
import signal
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.db import connection  # noqa: E402

from accounts.models import CreditAccount  # noqa: E402
from redemption.models import Training  # noqa: E402
from tests.factories.redemption import register  # noqa: E402


def main(when, account, training, key):
    """Check out, and die at the commit."""
    commit = connection.commit

    def die():
        if when == "after":
            commit()
        os.kill(os.getpid(), signal.SIGKILL)

    connection.commit = die
    account = CreditAccount.objects.get(pk=account)
    register(account, training=Training.objects.get(pk=training), key=key)


if __name__ == "__main__":
    main(*sys.argv[1:])
