"""Bad input is refused by every verb before the database is touched."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts import ledger
from accounts.ledger.models import CreditLot, Hold, LedgerEntry
from accounts.models import CreditAccount, User
from tests.accounts.ledger.conftest import LATER, TODAY

ACCOUNT = CreditAccount(pk=1)
TOLD = {"key": "k", "actor": "job:test", "reason": "why"}
GOOD = {
    ledger.issue: {
        "account": ACCOUNT,
        "credits": 1,
        "unit_price": Decimal(1),
        "purchased_on": TODAY,
        "last_day": LATER,
        **TOLD,
    },
    ledger.redeem: {"account": ACCOUNT, "credits": 1, "fits": None, **TOLD},
    ledger.hold: {"account": ACCOUNT, "credits": 1, "fits": None, **TOLD},
    ledger.capture: {"hold": Hold(pk=1, account_id=1), **TOLD},
    ledger.release: {"hold": Hold(pk=1, account_id=1), **TOLD},
    ledger.restore: {"entry": LedgerEntry(pk=1, account_id=1), "credits": 1, **TOLD},
    ledger.withdraw: {"lot": CreditLot(pk=1, account_id=1), "credits": 1, **TOLD},
}
BAD_AMOUNTS = [
    0, -1, True, False, 1.0, 1.5, float("nan"), float("inf"), 1_000_000_001, 10**5000,
    "1", "", None, Decimal(1), [1],
]  # fmt: skip
BAD = {
    "credits": BAD_AMOUNTS,
    "unit_price": [
        1, 1.0, True, "1", None, Decimal("-0.01"), Decimal("NaN"), Decimal("sNaN"),
        Decimal("Infinity"), Decimal("0.00001"), Decimal("1e8"), Decimal("1e5000"),
    ],
    "purchased_on": ["2026-03-10", None, 20260310, datetime(2026, 3, 10, tzinfo=UTC), date.max,
                     date(1, 1, 1)],
    "last_day": ["2026-03-10", None, datetime(2027, 3, 10, tzinfo=UTC), date(2026, 3, 9)],
    "fits": ["2026-03-10", 5, True, datetime(2026, 3, 10, tzinfo=UTC)],
    "key": ["", "  ", None, 5, b"k", "k" * 201, "a\0b", "a\ud800b"],
    "reason": [None, 5, "r" * 501, "a\0b", "\udfff"],
    "actor": ["", None, 5, "olga@example.com", "job:olga@example.com", "job", "job:", "a" * 101,
              "job:x\n", User(email="unsaved@example.com")],
    "account": [None, 1, "1", CreditAccount(), User(pk=1)],
    "hold": [None, 1, Hold(), LedgerEntry(pk=1, account_id=1)],
    "entry": [None, 1, LedgerEntry()],
    "lot": [None, 1, CreditLot()],
}  # fmt: skip
CASES = [
    (verb, name, value)
    for verb, good in GOOD.items()
    for name, values in BAD.items()
    if name in good
    for value in values
]


@pytest.mark.parametrize(
    ("verb", "name", "value"), CASES, ids=[f"{verb.__name__}-{name}" for verb, name, _ in CASES]
)
def test_every_verb_refuses(verb, name, value):
    """Without the `db` fixture a query would fail: nothing reaches the database."""
    with pytest.raises(ledger.InvalidRequest):
        verb(**GOOD[verb] | {name: value})


@pytest.mark.parametrize("verb", [verb for verb in GOOD if verb is not ledger.capture])
def test_a_blank_reason_is_refused(verb):
    with pytest.raises(ledger.InvalidRequest):
        verb(**GOOD[verb] | {"reason": " "})


@pytest.mark.parametrize("verb", GOOD)
def test_arguments_have_names(verb):
    with pytest.raises(TypeError):
        verb(*GOOD[verb].values())


@pytest.mark.django_db
@pytest.mark.parametrize("verb", GOOD)
def test_a_row_that_is_not_there_is_refused(verb):
    with pytest.raises(ledger.InvalidRequest):
        verb(**GOOD[verb])


@pytest.mark.parametrize("credits", [1, 1_000_000_000])
def test_the_smallest_and_the_largest_amount_are_accepted(account, told, credits):
    lot = ledger.issue(
        account=account,
        credits=credits,
        unit_price=Decimal(1),
        purchased_on=TODAY,
        last_day=TODAY,
        **told(),
    )
    assert ledger.redeem(account=account, credits=credits, fits=None, **told()).credits == credits
    assert lot.last_day == lot.purchased_on


def test_a_text_in_any_script_is_kept_as_it_is(account, lots, told):
    entry = ledger.redeem(
        account=account, credits=1, fits=None, **told(reason="Größe 漢字 🎓 |5:x'\"\\%s {}")
    )
    entry.refresh_from_db()
    assert entry.reason == "Größe 漢字 🎓 |5:x'\"\\%s {}"
    assert ledger.verify() == []


def test_a_row_of_another_account_is_refused(account, lots, told):
    hold = ledger.hold(account=account, credits=1, fits=None, **told())
    hold.account_id += 1000
    with pytest.raises(ledger.InvalidRequest):
        ledger.release(hold=hold, **told())
