"""One fixed text for each entry, in Python and in SQL."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from accounts import ledger
from accounts.ledger import chain, dialect
from accounts.ledger.chain import Facts, Move
from accounts.ledger.models import LedgerEntry
from accounts.ledger.requests import Terms
from tests.accounts.ledger.conftest import LATER

FACTS = Facts(
    account_id=7,
    number=3,
    kind="redeem",
    credits=30,
    fits=date(2026, 9, 1),
    reverses_id=None,
    ends_id=None,
    effective_at=datetime(2026, 3, 10, 12, tzinfo=UTC),
    created_at=datetime(2026, 3, 10, 12, 0, 0, 5, tzinfo=UTC),
    fingerprint="f",
    key="k:1",
    actor="user:5",
    reason="Größe",
    previous_hash="p",
)
MOVES = [Move(9, "available", "redeemed", 20), Move(4, "available", "redeemed", 10)]


def test_the_text_is_fixed():
    assert chain.text_of(FACTS, MOVES) == (
        "ledger-1|7|3|redeem|30|2026-09-01|-|-|2026-03-10 12:00:00.000000"
        "|2026-03-10 12:00:00.000005|f|3:k:1|6:user:5|5:Größe"
        "|4:available>redeemed:10;9:available>redeemed:20|-|p"
    )


def test_the_text_of_an_issue_holds_the_lots_terms():
    terms = Terms(
        unit_price=Decimal("0.8"), purchased_on=date(2026, 3, 1), last_day=date(2027, 3, 1)
    )
    assert chain.text_of(FACTS, MOVES, terms).endswith("|0.8000;2026-03-01;2027-03-01|p")


def test_no_two_entries_share_a_text():
    one = FACTS._replace(key="a|1:b", actor="c")
    other = FACTS._replace(key="a", actor="b|1:c")
    assert chain.text_of(one, MOVES) != chain.text_of(other, MOVES)


@pytest.mark.parametrize("microsecond", [0, 5, 120_000, 999_999])
def test_python_and_sql_build_the_same_text(account, lots, told, moving_clock, microsecond):
    moving_clock.moment = datetime(2026, 3, 10, 12, 0, 0, microsecond, tzinfo=UTC)
    terms, previous = Terms(
        unit_price=lots[0].unit_price,
        purchased_on=lots[0].purchased_on,
        last_day=lots[0].last_day,
    ), ""  # fmt: skip
    ledger.hold(account=account, credits=110, fits=LATER, **told(reason="漢字|🎓"))
    for entry in LedgerEntry.objects.exclude(number__in=[1, 3]):
        facts = Facts(**{name: getattr(entry, name) for name in Facts._fields})
        moves = [
            Move(*row)
            for row in entry.postings.values_list("lot_id", "source", "target", "credits")
        ]
        own_terms = terms if entry.kind == "issue" else None
        assert sql_text(entry) == chain.text_of(facts, moves, own_terms)
        assert previous != entry.hash == chain.hash_of(facts, moves, own_terms)


def sql_text(entry):
    text = chain.SQL_TEXT.format(**dialect.verification_terms())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text} FROM accounts_ledgerentry entry WHERE id = {entry.pk}")
        return cursor.fetchone()[0]


def test_entries_are_numbered_and_linked_to_the_head(account, lots, told):
    ledger.redeem(account=account, credits=5, fits=None, **told())
    entries = list(account.entries.order_by("number"))
    account.refresh_from_db()
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous_hash for entry in entries] == ["", *(e.hash for e in entries[:-1])]
    assert (account.ledger_number, account.ledger_hash) == (4, entries[-1].hash)
