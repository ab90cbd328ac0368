"""What the ledger tells: balances."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.ledger import requests
from credits_portal.lib import clock


@dataclass(frozen=True, slots=True)
class Balance:
    """Where the credits of an account are. `issued` is the sum of the others."""

    issued: int
    available: int
    held: int
    redeemed: int
    expired: int
    withdrawn: int


BALANCE = """
SELECT COALESCE(SUM(credits), 0),
    COALESCE(SUM(CASE WHEN last_day >= %s THEN available ELSE 0 END), 0),
    COALESCE(SUM(held), 0), COALESCE(SUM(redeemed), 0),
    COALESCE(SUM(CASE WHEN last_day >= %s THEN expired ELSE expired + available END), 0),
    COALESCE(SUM(withdrawn), 0)
FROM accounts_creditlot WHERE account_id = %s
"""


def balance(*, account: Any, fits: date | None = None) -> Balance:
    """Return where the account's credits are, in the lots that last until `fits` (rules.md 3).

    What is available in a lot past its last day counts as expired before the sweep books it.
    """
    account_id = requests.account_id_of(account)
    day = requests.day_or_none(fits, "fits")
    today = clock.today().isoformat()
    sql = BALANCE
    params: list[Any] = [today, today, account_id]
    if day:
        sql, params = f"{BALANCE} AND last_day >= %s", [*params, day.isoformat()]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return Balance(*map(int, cursor.fetchone()))
