"""All verbs in random order, against a model in memory, every invariant after every step."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.db import connection, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import ledger
from accounts.ledger.models import CreditLot, LedgerEntry
from accounts.models import CreditAccount
from credits_portal.lib import clock
from tests.accounts.ledger.model import BUCKETS, Model
from tests.factories.accounts import CreditAccountFactory

amounts = st.integers(1, 40)
picks = st.integers(0, 10_000)
days_ahead = st.integers(-4, 40)
fits = st.none() | days_ahead
BAD_AMOUNTS = [0, -1, True, 1.0, 1.5, float("nan"), 10**9 + 1, "5", None, Decimal(5)]


class LedgerMachine(RuleBasedStateMachine):
    """Does to the ledger what it does to the model, and compares."""

    def __init__(self):
        super().__init__()
        self.moment = datetime(2026, 3, 10, 12, tzinfo=UTC)
        self.patch = mock.patch.object(clock, "now", side_effect=lambda: self.moment)
        self.patch.start()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.model = Model()
        self.account = CreditAccountFactory()
        self.lots = []
        self.entries = []  # those of the database, beside the model's
        self.calls = []  # (verb, arguments, result) of every request that was met

    def teardown(self):
        connection.check_constraints()
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)
        self.patch.stop()

    @property
    def today(self):
        return clock.today()

    def both(self, verb, expected, **arguments):
        """Call the verb; it must do, or raise, what the model did."""
        told = {"key": f"key:{len(self.calls)}", "actor": "job:test", "reason": "test"}
        try:
            modelled = expected()
        except ledger.LedgerError as error:
            note(f"{verb.__name__} {arguments} raises {type(error).__name__}")
            with pytest.raises(type(error)):
                verb(**arguments, **told)
            return None
        result = verb(**arguments, **told)
        self.calls.append((verb, arguments | told, result))
        self.entries.append(LedgerEntry.objects.latest("id"))
        return modelled, result

    def picked(self, pick, *kinds):
        """Return one entry of those kinds, the model's and the database's, or None."""
        found = [
            (modelled, entry)
            for modelled, entry in zip(self.model.entries, self.entries, strict=True)
            if modelled.kind in kinds
        ]
        return found[pick % len(found)] if found else None

    @initialize(credits=amounts)
    def a_first_lot(self, credits):
        self.issue(credits, 30)

    @rule(credits=amounts, days=days_ahead)
    def issue(self, credits, days):
        last_day = self.today + timedelta(days=days)
        _entry, lot = self.both(
            ledger.issue,
            lambda: self.model.issue(credits, last_day),
            account=self.account,
            credits=credits,
            unit_price=Decimal("0.80"),
            purchased_on=last_day - timedelta(days=365),
            last_day=last_day,
        )
        self.lots.append(lot)

    @rule(credits=amounts, days=fits, held=st.booleans())
    def draw(self, credits, days, held):
        day = None if days is None else self.today + timedelta(days=days)
        verb, kind = (ledger.hold, "hold") if held else (ledger.redeem, "redeem")
        self.both(
            verb,
            lambda: self.model.draw(kind, credits, day, self.today),
            account=self.account,
            credits=credits,
            fits=day,
        )

    @rule(pick=picks, captured=st.booleans())
    def end_a_hold(self, pick, captured):
        if found := self.picked(pick, "hold"):
            modelled, entry = found
            verb = ledger.capture if captured else ledger.release
            end = self.model.capture if captured else self.model.release
            hold = ledger.Hold.objects.get(pk=entry.pk)
            self.both(verb, lambda: end(modelled, self.today), hold=hold)

    @rule(pick=picks, credits=amounts)
    def restore(self, pick, credits):
        if found := self.picked(pick, "redeem", "capture", "withdraw", "hold"):
            modelled, entry = found
            self.both(
                ledger.restore,
                lambda: self.model.restore(modelled, credits, self.today),
                entry=entry,
                credits=credits,
            )

    @rule(pick=picks, credits=amounts)
    def withdraw(self, pick, credits):
        number = pick % len(self.lots)
        self.both(
            ledger.withdraw,
            lambda: self.model.withdraw(self.model.lots[number], credits, self.today),
            lot=self.lots[number],
            credits=credits,
        )

    @rule(back=st.integers(0, 3), batch=st.integers(1, 3))
    def expire(self, back, batch):
        day = self.today - timedelta(days=back)
        count = self.model.expire(day)
        before = len(self.entries)
        assert ledger.expire(day=day, batch=batch) == count
        swept = LedgerEntry.objects.order_by("number")[before:]
        self.entries += swept
        assert ledger.expire(day=day, batch=batch) == 0

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours):
        self.moment += timedelta(hours=hours, microseconds=hours % 3)

    @rule()
    def freeze_or_release(self):
        self.model.frozen = not self.model.frozen
        status = "frozen" if self.model.frozen else "open"
        CreditAccount.objects.filter(pk=self.account.pk).update(status=status)

    @precondition(lambda self: self.calls)
    @rule(pick=picks)
    def repeat_a_request(self, pick):
        verb, arguments, result = self.calls[pick % len(self.calls)]
        assert verb(**arguments | {"actor": "job:other", "reason": "again"}) == result

    @precondition(lambda self: self.calls)
    @rule(pick=picks)
    def reuse_a_key(self, pick):
        _verb, arguments, _result = self.calls[pick % len(self.calls)]
        with pytest.raises(ledger.KeyReused):
            ledger.redeem(
                account=self.account,
                credits=41,
                fits=None,
                key=arguments["key"],
                actor="job:test",
                reason="test",
            )

    @rule(credits=st.sampled_from(BAD_AMOUNTS), held=st.booleans())
    def ask_for_a_bad_amount(self, credits, held):
        verb = ledger.hold if held else ledger.redeem
        with pytest.raises(ledger.InvalidRequest):
            verb(
                account=self.account,
                credits=credits,
                fits=None,
                key="bad",
                actor="job:test",
                reason="test",
            )

    @invariant()
    def no_invariant_is_broken(self):
        assert ledger.verify() == []

    @invariant()
    def the_ledger_equals_the_model(self):
        kinds = list(LedgerEntry.objects.order_by("number").values_list("kind", flat=True))
        assert kinds == [entry.kind for entry in self.model.entries]
        lots = CreditLot.objects.order_by("id").values_list(*BUCKETS)
        assert list(lots) == [tuple(lot.buckets.values()) for lot in self.model.lots]

    @invariant()
    def the_balance_equals_the_models(self):
        assert ledger.balance(account=self.account) == self.model.balance(self.today)
        soon = self.today + timedelta(days=7)
        fitting = ledger.balance(account=self.account, fits=soon)
        assert fitting == self.model.balance(self.today, soon)


@pytest.mark.django_db
def test_every_verb_does_what_the_rules_say_and_breaks_no_invariant():
    run_state_machine_as_test(LedgerMachine)
