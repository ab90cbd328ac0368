"""Fills the tables with honest histories: chained, posted and summed, as the verbs would."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts import ledger
from accounts.ledger import store
from accounts.ledger.chain import Facts, Move, hash_of
from accounts.ledger.models import CreditLot
from accounts.models import CreditAccount, User

CREDITS = 5_000_000
LAST_DAY = date(2099, 12, 31)
MOMENT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def accounts(count: int) -> list[CreditAccount]:
    """Make accounts with one lot each, by the ledger, a thousand in a transaction."""
    owner, _new = User.objects.get_or_create(email="bench@example.com")
    made = CreditAccount.objects.bulk_create(
        [CreditAccount(name="bench", owner=owner) for _number in range(count)], batch_size=2000
    )
    for start in range(0, count, 1000):
        with transaction.atomic():
            for account in made[start : start + 1000]:
                _issue(account)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # else what was planned for empty tables stays
    return made


def _issue(account: CreditAccount) -> None:
    ledger.issue(
        account=account,
        credits=CREDITS,
        unit_price=Decimal(1),
        purchased_on=date(2026, 3, 10),
        last_day=LAST_DAY,
        key=f"bench:lot:{account.pk}",
        actor="job:bench",
        reason="bench",
    )


def redeem_often(account: CreditAccount, times: int) -> None:
    """Write so many redemptions of one credit into an account's history, by COPY."""
    lot = CreditLot.objects.get(account=account)
    account.refresh_from_db()
    first, digest = account.ledger_number + 1, account.ledger_hash
    last = first + times - 1
    columns = ", ".join((*Facts._fields, "hash"))
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY accounts_ledgerentry ({columns}) FROM STDIN") as copy:
            for number in range(first, last + 1):
                facts = Facts(
                    account.pk, number, "redeem", 1, None, None, None, MOMENT, MOMENT,
                    "f" * 64, f"bench:{account.pk}:{number}", "job:bench", "bench", digest,
                )  # fmt: skip
                digest = hash_of(facts, [Move(lot.pk, "available", "redeemed", 1)])
                copy.write_row((*facts, digest))
        cursor.execute(
            "INSERT INTO accounts_posting (entry_id, lot_id, source, target, credits)"
            " SELECT id, %s, 'available', 'redeemed', 1 FROM accounts_ledgerentry"
            " WHERE account_id = %s AND kind = 'redeem'",
            [lot.pk, account.pk],
        )
        store.move([Move(lot.pk, "available", "redeemed", times)])
        cursor.execute(
            "UPDATE accounts_creditaccount SET ledger_number = %s, ledger_hash = %s WHERE id = %s",
            [last, digest, account.pk],
        )


def analyse() -> None:
    """Let the planner know what is there."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
