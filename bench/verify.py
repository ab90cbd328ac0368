"""`verify()` over a million entries."""

import time

from django.db import connection

from accounts import ledger
from accounts.ledger import guards
from bench import history, report


def everything(*, quick: bool) -> None:
    """Write honest histories, verify all of them, expect nothing."""
    with connection.cursor() as cursor, guards.lifted():
        cursor.execute("TRUNCATE accounts_creditaccount CASCADE")
    accounts, times = (100, 1000) if quick else (1000, 1000)
    for account in history.accounts(accounts):
        history.redeem_often(account, times)
    history.analyse()
    began = time.perf_counter()
    found = ledger.verify()
    seconds = time.perf_counter() - began
    if found:
        raise SystemExit(f"{len(found)} violations, such as {found[0]}")
    report.note(f"verify over {accounts * times:,} entries", f"{seconds:.1f} s", "<= 60 s",
                met=seconds <= 60)  # fmt: skip
