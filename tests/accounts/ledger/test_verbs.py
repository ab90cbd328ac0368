"""What each verb moves, and what it refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from accounts import ledger
from accounts.ledger.models import LedgerEntry
from accounts.models import CreditAccount
from credits_portal.lib import clock
from tests.accounts.ledger.conftest import LATER, LATEST, SOON, TODAY
from tests.factories.accounts import CreditAccountFactory, make_lot


def parts(entry):
    """Return what the entry moved, lot by lot, in the order of drawing."""
    found = entry.postings.order_by("id").values_list("lot_id", "source", "target", "credits")
    return list(found)


def available(*lots):
    for lot in lots:
        lot.refresh_from_db()
    return [lot.available for lot in lots]


def freeze(account):
    CreditAccount.objects.filter(pk=account.pk).update(status="frozen")


class TestIssue:
    def test_makes_a_lot_on_its_terms(self, account, told):
        lot = ledger.issue(
            account=account,
            credits=20_000,
            unit_price=Decimal("0.80"),
            purchased_on=TODAY,
            last_day=LATEST,
            **told(),
        )
        lot.refresh_from_db()
        assert (lot.credits, lot.available, lot.unit_price) == (20_000, 20_000, Decimal("0.8000"))
        assert (lot.purchased_on, lot.last_day) == (TODAY, LATEST)

    def test_takes_effect_at_the_start_of_the_day_of_purchase(self, account):
        lot = make_lot(account, purchased_on=date(2026, 3, 1))
        assert lot.postings.get().entry.effective_at == clock.start_of(date(2026, 3, 1))

    def test_is_credited_to_a_frozen_account(self, account):
        freeze(account)
        assert make_lot(account, 5).available == 5

    def test_the_same_key_again_returns_the_first_lot(self, account):
        lot = make_lot(account, 5, key="order:1")
        assert make_lot(account, 5, key="order:1") == lot

    @pytest.mark.parametrize(
        "other",
        [
            {"credits": 6},
            {"unit_price": Decimal(2)},
            {"last_day": LATER},
            {"purchased_on": date(2026, 3, 9)},
        ],
        ids=str,
    )
    def test_the_same_key_on_other_terms_is_refused(self, account, other):
        make_lot(account, **{"credits": 5} | {"key": "order:1"})
        with pytest.raises(ledger.KeyReused):
            make_lot(account, **{"credits": 5} | other | {"key": "order:1"})

    def test_a_price_may_be_written_with_other_decimals(self, account):
        lot = make_lot(account, key="order:1", unit_price=Decimal("0.8"))
        assert make_lot(account, key="order:1", unit_price=Decimal("0.8000")) == lot

    def test_a_lot_may_be_free(self, account):
        assert make_lot(account, unit_price=Decimal(0)).unit_price == 0


class TestRedeem:
    def test_draws_on_the_soonest_expiring_first(self, account, lots, told):
        soon, later, latest = lots
        entry = ledger.redeem(account=account, credits=350, fits=None, **told())
        assert parts(entry) == [
            (soon.pk, "available", "redeemed", 100),
            (later.pk, "available", "redeemed", 200),
            (latest.pk, "available", "redeemed", 50),
        ]

    def test_draws_in_order_of_creation_where_lots_end_together(self, account, told):
        first, second = make_lot(account, 10, SOON), make_lot(account, 10, SOON)
        ledger.redeem(account=account, credits=15, fits=None, **told())
        assert available(first, second) == [0, 5]

    def test_passes_over_lots_that_end_before_the_class(self, account, lots, told):
        entry = ledger.redeem(account=account, credits=10, fits=date(2026, 3, 21), **told())
        assert parts(entry)[0][0] == lots[1].pk

    def test_a_lot_fits_a_class_that_ends_on_its_last_day(self, account, lots, told):
        entry = ledger.redeem(account=account, credits=10, fits=SOON, **told())
        assert parts(entry)[0][0] == lots[0].pk

    def test_a_lot_can_be_spent_on_its_last_day(self, account, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 3, 59)  # 20 March, 23:59 in New York
        ledger.redeem(account=account, credits=10, fits=None, **told())
        assert available(lots[0]) == [90]

    def test_a_lot_cannot_be_spent_after_its_last_day(self, account, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 4)
        ledger.redeem(account=account, credits=10, fits=None, **told())
        assert available(*lots) == [100, 190, 300]

    def test_a_class_in_the_past_asks_for_lots_that_last_today(self, account, told, moving_clock):
        lot = make_lot(account, 10, SOON)
        moving_clock.set(2026, 3, 22)
        with pytest.raises(ledger.InsufficientCredits):
            ledger.redeem(account=account, credits=5, fits=TODAY, **told())
        assert available(lot) == [10]

    def test_the_last_credit_can_be_spent(self, account, lots, told):
        ledger.redeem(account=account, credits=600, fits=None, **told())
        assert available(*lots) == [0, 0, 0]

    def test_one_credit_too_many_is_refused(self, account, lots, told):
        with pytest.raises(ledger.InsufficientCredits):
            ledger.redeem(account=account, credits=601, fits=None, **told())

    def test_a_refusal_leaves_nothing_behind(self, account, lots, told):
        with pytest.raises(ledger.InsufficientCredits):
            ledger.redeem(account=account, credits=501, fits=LATER, **told())
        assert available(*lots) == [100, 200, 300]
        assert account.entries.count() == 3

    def test_a_refusal_leaves_the_callers_transaction_usable(self, account, lots, told):
        with transaction.atomic():
            with pytest.raises(ledger.InsufficientCredits):
                ledger.redeem(account=account, credits=601, fits=None, **told())
            ledger.redeem(account=account, credits=600, fits=None, **told())
        assert available(*lots) == [0, 0, 0]

    def test_a_frozen_account_cannot_spend(self, account, lots, told):
        freeze(account)
        with pytest.raises(ledger.AccountFrozen):
            ledger.redeem(account=account, credits=1, fits=None, **told())

    def test_other_accounts_lots_are_left_alone(self, account, lots, told):
        stranger = make_lot(CreditAccountFactory(), 50, SOON)
        ledger.redeem(account=account, credits=600, fits=None, **told())
        assert available(stranger) == [50]

    def test_the_same_key_again_returns_the_first_entry(self, account, lots, told):
        call = {"account": account, "credits": 400, "fits": LATER, **told()}
        assert ledger.redeem(**call) == ledger.redeem(**call)
        assert available(*lots) == [100, 0, 100]

    def test_another_actor_and_reason_make_no_other_request(self, account, lots, told):
        call = {"account": account, "credits": 4, "fits": None, **told()}
        entry = ledger.redeem(**call)
        assert ledger.redeem(**call | {"actor": "job:retry", "reason": "once more"}) == entry

    def test_a_replay_comes_before_frozen_and_empty(self, account, lots, told):
        call = {"account": account, "credits": 600, "fits": None, **told()}
        entry = ledger.redeem(**call)
        freeze(account)
        assert ledger.redeem(**call) == entry

    def test_a_replay_after_the_class_still_answers(self, account, lots, told, moving_clock):
        call = {"account": account, "credits": 6, "fits": LATER, **told()}
        entry = ledger.redeem(**call)
        moving_clock.set(2026, 10, 1)
        assert ledger.redeem(**call) == entry

    def test_fits_of_today_is_the_same_request_tomorrow(self, account, lots, told, moving_clock):
        call = {"account": account, "credits": 6, **told()}
        entry = ledger.redeem(fits=clock.today(), **call)
        moving_clock.advance(days=1)
        assert ledger.redeem(fits=clock.today(), **call) == entry

    @pytest.mark.parametrize("other", [{"credits": 5}, {"fits": LATER}], ids=str)
    def test_the_same_key_for_something_else_is_refused(self, account, lots, told, other):
        call = {"account": account, "credits": 4, "fits": None, **told()}
        ledger.redeem(**call)
        with pytest.raises(ledger.KeyReused):
            ledger.redeem(**call | other)

    def test_a_reused_key_is_refused_before_the_balance_is_asked(self, account, lots, told):
        call = {"account": account, "credits": 600, "fits": None, **told()}
        ledger.redeem(**call)
        with pytest.raises(ledger.KeyReused):
            ledger.redeem(**call | {"credits": 601})

    def test_the_same_key_for_another_verb_is_refused(self, account, lots, told):
        call = {"account": account, "credits": 4, "fits": None, **told()}
        ledger.redeem(**call)
        with pytest.raises(ledger.KeyReused):
            ledger.hold(**call)

    def test_two_accounts_may_use_the_same_key(self, account, lots, told):
        other = make_lot(credits=10).account
        call = {"credits": 4, "fits": None, **told()}
        assert ledger.redeem(account=account, **call) != ledger.redeem(account=other, **call)

    def test_the_entry_tells_who_why_and_when(self, account, lots, told, moving_clock):
        call = told()
        entry = ledger.redeem(account=account, credits=4, fits=LATER, **call)
        stored = LedgerEntry.objects.get(pk=entry.pk)
        assert stored.actor == f"user:{call['actor'].pk}"
        assert (stored.reason, stored.key, stored.fits) == ("why", call["key"], LATER)
        assert stored.effective_at == stored.created_at == moving_clock.moment

    def test_the_entry_returned_equals_the_one_stored(self, account, lots, told):
        entry = ledger.redeem(account=account, credits=4, fits=LATER, **told())
        stored = LedgerEntry.objects.filter(pk=entry.pk).values().get()
        assert {name: getattr(entry, name) for name in stored} == stored


class TestHold:
    def test_reserves_what_redeem_would_spend(self, account, lots, told):
        hold = ledger.hold(account=account, credits=250, fits=LATER, **told())
        _soon, later, latest = lots
        assert parts(hold) == [
            (later.pk, "available", "held", 200),
            (latest.pk, "available", "held", 50),
        ]

    def test_is_open_and_knows_its_facts(self, account, lots, told):
        hold = ledger.hold(account=account, credits=250, fits=LATER, **told())
        assert hold.is_open
        assert (hold.outcome, hold.credits, hold.fits, hold.account) == ("", 250, LATER, account)

    def test_is_found_among_open_holds(self, account, lots, told):
        hold = ledger.hold(account=account, credits=250, fits=LATER, **told())
        ledger.redeem(account=account, credits=1, fits=None, **told())
        assert list(ledger.Hold.objects.open()) == [hold]

    def test_held_credits_cannot_be_spent(self, account, lots, told):
        ledger.hold(account=account, credits=600, fits=None, **told())
        with pytest.raises(ledger.InsufficientCredits):
            ledger.redeem(account=account, credits=1, fits=None, **told())

    def test_a_frozen_account_cannot_hold(self, account, lots, told):
        freeze(account)
        with pytest.raises(ledger.AccountFrozen):
            ledger.hold(account=account, credits=1, fits=None, **told())

    def test_the_same_key_again_returns_the_first_hold(self, account, lots, told):
        call = {"account": account, "credits": 4, "fits": None, **told()}
        again = (ledger.hold(**call), ledger.hold(**call))
        assert again[0] == again[1]
        assert isinstance(again[1], ledger.Hold)


@pytest.fixture
def held(account, lots, told):
    """150 credits held: 100 until 20 March, 50 until 1 September."""
    return ledger.hold(account=account, credits=150, fits=SOON, **told())


class TestCapture:
    def test_spends_the_whole_hold(self, held, lots, told):
        entry = ledger.capture(hold=held, **told())
        assert parts(entry) == [
            (lots[0].pk, "held", "redeemed", 100),
            (lots[1].pk, "held", "redeemed", 50),
        ]

    def test_ends_the_hold(self, held, told):
        entry = ledger.capture(hold=held, **told())
        assert (held.is_open, held.outcome) == (False, "captured")
        assert ledger.Hold.objects.get(pk=held.pk).ended_by == entry

    def test_keeps_what_was_announced(self, held, told):
        assert ledger.capture(hold=held, **told()).fits == SOON

    def test_takes_the_holds_reason_where_none_is_given(self, held):
        entry = ledger.capture(hold=held, key="c", actor="job:test")
        assert entry.reason == "why"

    def test_a_second_end_is_refused(self, held, told):
        ledger.capture(hold=held, **told())
        for verb in (ledger.capture, ledger.release):
            with pytest.raises(ledger.HoldEnded):
                verb(hold=held, **told())

    def test_works_on_the_last_day(self, held, told, moving_clock):
        moving_clock.set(2026, 3, 20, 12)
        assert ledger.capture(hold=held, **told()).credits == 150

    def test_a_lot_past_its_last_day_is_refused(self, held, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 12)
        with pytest.raises(ledger.HoldEnded):
            ledger.capture(hold=held, **told())
        assert held.is_open

    def test_a_frozen_account_is_refused(self, account, held, told):
        freeze(account)
        with pytest.raises(ledger.AccountFrozen):
            ledger.capture(hold=held, **told())

    def test_the_same_key_again_returns_the_first_entry(self, account, held, told):
        call = told()
        entry = ledger.capture(hold=held, **call)
        freeze(account)
        assert ledger.capture(hold=held, **call) == entry

    def test_a_key_of_another_hold_is_refused(self, account, held, lots, told):
        other, call = ledger.hold(account=account, credits=5, fits=None, **told()), told()
        ledger.capture(hold=held, **call)
        with pytest.raises(ledger.KeyReused):
            ledger.capture(hold=other, **call)


class TestRelease:
    def test_gives_everything_back(self, account, held, lots, told):
        ledger.release(hold=held, **told())
        assert available(*lots) == [100, 200, 300]
        assert held.outcome == "released"

    def test_what_is_past_its_last_day_expires(self, held, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 12)
        entry = ledger.release(hold=held, **told())
        assert parts(entry) == [
            (lots[0].pk, "held", "expired", 100),
            (lots[1].pk, "held", "available", 50),
        ]

    def test_works_while_frozen(self, account, held, told):
        freeze(account)
        assert ledger.release(hold=held, **told()).kind == "release"

    def test_a_second_end_is_refused(self, held, told):
        ledger.release(hold=held, **told())
        for verb in (ledger.capture, ledger.release):
            with pytest.raises(ledger.HoldEnded):
                verb(hold=held, **told())


@pytest.fixture
def spent(account, lots, told):
    """350 redeemed: 100 until 20 March, 200 until 1 September, 50 until 9 March 2027."""
    return ledger.redeem(account=account, credits=350, fits=None, **told())


class TestRestore:
    def test_the_last_drawn_returns_first(self, spent, lots, told):
        entry = ledger.restore(entry=spent, credits=60, **told())
        assert parts(entry) == [
            (lots[2].pk, "redeemed", "available", 50),
            (lots[1].pk, "redeemed", "available", 10),
        ]

    def test_goes_on_after_earlier_restores(self, spent, lots, told):
        ledger.restore(entry=spent, credits=60, **told())
        entry = ledger.restore(entry=spent, credits=200, **told())
        assert parts(entry) == [
            (lots[1].pk, "redeemed", "available", 190),
            (lots[0].pk, "redeemed", "available", 10),
        ]

    def test_everything_can_return(self, spent, lots, told):
        ledger.restore(entry=spent, credits=350, **told())
        assert available(*lots) == [100, 200, 300]

    @pytest.mark.parametrize("earlier", [0, 100])
    def test_more_than_remains_moves_nothing(self, spent, lots, told, earlier):
        if earlier:
            ledger.restore(entry=spent, credits=earlier, **told())
        before = available(*lots)
        with pytest.raises(ledger.NothingToRestore):
            ledger.restore(entry=spent, credits=351 - earlier, **told())
        assert available(*lots) == before

    def test_what_is_past_its_last_day_expires(self, spent, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 12)
        entry = ledger.restore(entry=spent, credits=350, **told())
        assert parts(entry)[-1] == (lots[0].pk, "redeemed", "expired", 100)
        assert available(*lots) == [0, 200, 300]

    def test_a_restore_on_the_last_day_returns_to_available(self, spent, told, moving_clock):
        moving_clock.set(2026, 3, 20, 12)
        entry = ledger.restore(entry=spent, credits=350, **told())
        assert {target for _lot, _source, target, _credits in parts(entry)} == {"available"}

    def test_a_capture_is_restored(self, held, lots, told):
        captured = ledger.capture(hold=held, **told())
        entry = ledger.restore(entry=captured, credits=60, **told())
        assert entry.reverses == captured
        assert available(*lots) == [10, 200, 300]

    def test_a_withdrawal_is_restored(self, lots, told):
        withdrawn = ledger.withdraw(lot=lots[0], credits=30, **told())
        entry = ledger.restore(entry=withdrawn, credits=20, **told())
        assert parts(entry) == [(lots[0].pk, "withdrawn", "available", 20)]

    def test_other_kinds_of_entries_cannot_be_restored(self, account, held, spent, told):
        restored = ledger.restore(entry=spent, credits=1, **told())
        issued = account.entries.get(number=1)
        for entry in (issued, held, restored):
            with pytest.raises(ledger.InvalidRequest):
                ledger.restore(entry=entry, credits=1, **told())

    def test_the_same_key_again_moves_nothing(self, spent, lots, told):
        call = {"entry": spent, "credits": 350, **told()}
        assert ledger.restore(**call) == ledger.restore(**call)
        assert available(*lots) == [100, 200, 300]

    def test_a_key_of_another_entry_is_refused(self, account, spent, told):
        other = ledger.redeem(account=account, credits=5, fits=None, **told())
        call = told()
        ledger.restore(entry=spent, credits=5, **call)
        with pytest.raises(ledger.KeyReused):
            ledger.restore(entry=other, credits=5, **call)

    def test_works_while_frozen(self, account, spent, told):
        freeze(account)
        assert ledger.restore(entry=spent, credits=1, **told()).credits == 1


class TestWithdraw:
    def test_takes_credits_of_that_lot_only(self, lots, told):
        ledger.withdraw(lot=lots[1], credits=200, **told())
        assert available(*lots) == [100, 0, 300]

    def test_more_than_available_is_refused(self, lots, told):
        with pytest.raises(ledger.InsufficientCredits):
            ledger.withdraw(lot=lots[0], credits=101, **told())

    def test_held_credits_are_not_taken(self, held, lots, told):
        with pytest.raises(ledger.InsufficientCredits):
            ledger.withdraw(lot=lots[0], credits=1, **told())

    def test_works_on_the_last_day(self, lots, told, moving_clock):
        moving_clock.set(2026, 3, 20, 12)
        assert ledger.withdraw(lot=lots[0], credits=100, **told()).credits == 100

    def test_a_lot_past_its_last_day_is_refused(self, lots, told, moving_clock):
        moving_clock.set(2026, 3, 21, 12)
        with pytest.raises(ledger.InsufficientCredits):
            ledger.withdraw(lot=lots[0], credits=1, **told())

    def test_works_while_frozen(self, account, lots, told):
        freeze(account)
        assert ledger.withdraw(lot=lots[0], credits=1, **told()).kind == "withdraw"

    def test_the_same_key_again_moves_nothing(self, lots, told):
        call = {"lot": lots[0], "credits": 60, **told()}
        assert ledger.withdraw(**call) == ledger.withdraw(**call)
        assert available(lots[0]) == [40]

    def test_a_key_of_another_lot_is_refused(self, lots, told):
        call = told()
        ledger.withdraw(lot=lots[0], credits=5, **call)
        with pytest.raises(ledger.KeyReused):
            ledger.withdraw(lot=lots[1], credits=5, **call)


class TestFailure:
    def test_a_failure_between_the_writes_dooms_the_callers_transaction(
        self, account, lots, told, monkeypatch
    ):
        def fail(*args):
            raise RuntimeError("killed between two writes")

        monkeypatch.setattr("accounts.ledger.store.insert_postings", fail)
        with transaction.atomic():
            with pytest.raises(RuntimeError):
                ledger.redeem(account=account, credits=1, fits=None, **told())
            assert transaction.get_rollback()
        assert available(*lots) == [100, 200, 300]
