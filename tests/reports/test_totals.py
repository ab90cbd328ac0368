"""Over random histories each report adds up to the ledger, on any date (docs/reports.md)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import ledger
from accounts.ledger import LedgerError, balance
from accounts.models import CreditAccount, CreditLot, Hold, LedgerEntry, User
from credits_portal.lib import clock
from reports import flows, statement, statement_rows, timeline, usage
from reports.balances import balance_on
from reports.periods import EVER, Period
from reports.statement_rows import statement_table
from tests.examples import LONG_HISTORIES

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
FIGURES = ["issued", "available", "held", "redeemed", "expired", "withdrawn"]
VERBS = ["issue", "redeem", "hold", "capture", "release", "restore", "withdraw", "sweep"]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.sampled_from(VERBS),
        st.integers(1, 60),
        st.sampled_from(["1.00", "0.80", "0.8125", "0"]),
    ),
    min_size=1,
    max_size=12,
)


class History:
    """An account's past, made by the ledger's verbs; what it had at the end of each day."""

    def __init__(self, hands, steps):
        number = User.objects.count()
        owner = User.objects.create_user(f"history{number}@example.com")
        hands.moment = START
        self.account = CreditAccount.objects.create(name="History", owner=owner)
        self.hands, self.count = hands, 0
        self.snapshots, self.evenings = {}, {}
        for days, verb, credits, price in steps:
            for _day in range(days):
                self.note()
                hands.advance(days=1)
            self.play(verb, credits, price)
        self.note()

    def note(self):
        """Note the day's balance, and what is left of it once the day is over."""
        day, then = clock.today(), balance(account=self.account)
        ending = CreditLot.objects.filter(account=self.account, last_day=day)
        self.snapshots[day] = then
        self.evenings[day] = then.available + then.held - sum(lot.available for lot in ending)

    def play(self, verb, credits, price):
        self.count += 1
        told = {"key": f"step:{self.count}", "actor": "job:test", "reason": "played"}
        with suppress(LedgerError):
            getattr(self, verb)(credits, price, told)

    def issue(self, credits, price, told):
        today = clock.today()
        ledger.issue(
            account=self.account,
            credits=credits * 10,
            unit_price=Decimal(price),
            purchased_on=today,
            last_day=today + timedelta(days=credits // 2),
            **told,
        )

    def redeem(self, credits, price, told):
        ledger.redeem(account=self.account, credits=credits, fits=None, **told)

    def hold(self, credits, price, told):
        ledger.hold(account=self.account, credits=credits, fits=None, **told)

    def capture(self, credits, price, told):
        if hold := Hold.objects.open().filter(account=self.account).first():
            ledger.capture(hold=hold, **told)

    def release(self, credits, price, told):
        if hold := Hold.objects.open().filter(account=self.account).last():
            ledger.release(hold=hold, **told)

    def restore(self, credits, price, told):
        entries = LedgerEntry.objects.filter(account=self.account)
        spent = list(entries.filter(kind__in=["redeem", "capture", "withdraw"]))
        if spent:
            ledger.restore(entry=spent[credits % len(spent)], credits=1 + credits // 4, **told)

    def withdraw(self, credits, price, told):
        if lot := CreditLot.objects.filter(account=self.account, available__gt=0).first():
            ledger.withdraw(lot=lot, credits=credits, **told)

    def sweep(self, credits, price, told):
        ledger.expire(day=clock.today())


def figures(on):
    return [on.totals[name] for name in FIGURES]


def told_by(verb):
    return [getattr(verb, name) for name in FIGURES]


@LONG_HISTORIES
@given(STEPS)
def test_the_balance_of_any_past_day_is_what_the_ledger_said_then(moving_clock, steps):
    history = History(moving_clock, steps)
    told = {day: figures(balance_on(history.account, day)) for day in history.snapshots}
    assert told == {day: told_by(then) for day, then in history.snapshots.items()}


@LONG_HISTORIES
@given(STEPS, st.integers(0, 40))
def test_the_balance_of_a_day_to_come_is_what_the_ledger_will_say(moving_clock, steps, days):
    history = History(moving_clock, steps)
    day = clock.today() + timedelta(days=days)
    foretold = figures(balance_on(history.account, day))
    moving_clock.advance(days=days)
    assert foretold == told_by(balance(account=history.account))


@LONG_HISTORIES
@given(STEPS, st.integers(0, 60), st.integers(0, 60))
def test_purchases_less_what_left_is_the_balance_in_every_month(moving_clock, steps, skip, span):
    history = History(moving_clock, steps)
    first = START.date() + timedelta(days=skip)
    period = Period(first, first + timedelta(days=span))
    rows = flows.monthly(history.account, period)
    assert [flow.closing for flow in rows[1:]] == [flow.opening for flow in rows[:-1]]
    if rows and period.last in history.evenings and period.last < clock.today():
        assert rows[0].closing == history.evenings[period.last]


@LONG_HISTORIES
@given(STEPS)
def test_all_months_together_are_the_ledgers_totals(moving_clock, steps):
    history = History(moving_clock, steps)
    whole = flows.total(flows.monthly(history.account, EVER))
    now = balance(account=history.account)
    assert [
        whole.purchased.credits,
        whole.redeemed.credits,
        whole.expired.credits,
        whole.withdrawn.credits,
        whole.closing,
    ] == [now.issued, now.redeemed, now.expired, now.withdrawn, now.available + now.held]


@LONG_HISTORIES
@given(STEPS)
def test_the_value_of_all_months_is_the_value_of_the_lots(moving_clock, steps):
    history = History(moving_clock, steps)
    whole = flows.total(flows.monthly(history.account, EVER))
    values = balance_on(history.account, clock.today()).values
    assert [whole.purchased.value, whole.redeemed.value, whole.expired.value] == [
        values["issued"],
        values["redeemed"],
        values["expired"],
    ]


@LONG_HISTORIES
@given(STEPS)
def test_usage_adds_up_to_what_is_redeemed_by_credits_and_money(moving_clock, steps):
    history = History(moving_clock, steps)
    used = usage.usage(history.account, usage.MONTHS, usage.Filters())
    on = balance_on(history.account, clock.today())
    assert (used.total.credits, used.total.value) == (on.totals["redeemed"], on.values["redeemed"])


@LONG_HISTORIES
@given(STEPS)
def test_the_timeline_passes_through_every_evening(moving_clock, steps):
    history = History(moving_clock, steps)
    now = balance(account=history.account)
    line = timeline.timeline(history.account, first=START.date(), now=now.available + now.held)
    level, levels = line.opening, {}
    balances = {step.day: step.balance for step in line.behind}
    for day in sorted(history.evenings):
        levels[day] = level = balances.get(day, level)
    del levels[clock.today()]
    assert levels == {day: history.evenings[day] for day in levels}


@LONG_HISTORIES
@given(STEPS)
def test_the_statement_ends_with_what_is_booked_as_available(moving_clock, steps):
    history = History(moving_clock, steps)
    rows = list(statement_table(history.account, statement.ALL).rows)
    booked = sum(
        CreditLot.objects.filter(account=history.account).values_list("available", flat=True)
    )
    assert (rows[-1][-1] if rows else 0, sum(row[-2] for row in rows)) == (booked, booked)


@LONG_HISTORIES
@given(STEPS)
def test_the_page_and_the_file_tell_the_same_balances(moving_clock, steps):
    history = History(moving_clock, steps)
    page = statement.lines(history.account, statement.entries(history.account))
    last_of = {row[0]: row[-1] for row in statement_table(history.account, statement.ALL).rows}
    assert {line.entry.number: line.balance for line in page} == last_of


@given(STEPS)
def test_the_file_tells_the_same_balances_in_parts(moving_clock, steps):
    history = History(moving_clock, steps)
    whole = list(statement_table(history.account, statement.ALL).rows)
    with mock.patch.multiple(statement_rows, FIRST_PART=1, ROWS_PART=2):
        assert list(statement_table(history.account, statement.ALL).rows) == whole
