"""The books of small stories, figure by figure."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts import ledger
from accounts.ledger.models import CreditLot
from accounts.models import CreditAccount
from accounts.services.adjustments import move_credits
from credits_portal.lib import clock
from redemption.models import Registration
from redemption.services import (
    cancel,
    cancel_session,
    confirm,
    end_access,
    finish,
    move_session,
    replace,
    return_credits,
    start,
)
from reports.books import queries
from reports.books.totals import Amount
from tests.factories.accounts import UserFactory
from tests.factories.redemption import (
    CourseFactory,
    TrainingSessionFactory,
    add_lot,
    funded_account,
    people,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

NOTHING = Amount()


@pytest.fixture
def staff(moving_clock):
    return UserFactory(is_staff=True)


@pytest.fixture
def account(moving_clock):
    """80 credits at 0.50 that end first, 1,000 at 1.00."""
    account = funded_account(0)
    add_lot(account, 80, days=100, unit_price="0.50")
    add_lot(account, 1_000, days=300, unit_price="1.00")
    return account


def worth(credits, money):
    return Amount(credits, Decimal(money))


def today():
    return queries.on(clock.today())


def days_ago(days):
    return queries.on(clock.today() - timedelta(days=days))


def places(redemption):
    return list(redemption.registrations.select_related("session", "redemption").order_by("id"))


def attend(account, **fields):
    """Register Ann for 100 credits: 80 at 0.50 and 20 at 1.00."""
    return register(account, session=TrainingSessionFactory(**fields))


def study(account, *names):
    return register(account, training=CourseFactory(), names=names or ("ann",))


def test_what_is_sold_is_owed(account):
    assert today().deferred == today().sold == worth(1_080, "1040")


def test_a_sale_counts_from_the_day_on_which_the_money_came(account):
    ledger.issue(
        account=account, credits=10, unit_price=Decimal(1), key="late", actor="job:test",
        purchased_on=clock.today() - timedelta(days=2), last_day=clock.today(), reason="test",
    )  # fmt: skip
    assert days_ago(2).sold == worth(10, "10")


def test_credits_given_free_are_not_sold(moving_clock):
    add_lot(funded_account(0), 100, unit_price="0")
    assert (today().sold, today().granted.credits, today().deferred.money) == (NOTHING, 100, 0)


def test_a_class_ahead_is_redeemed_but_not_delivered(account):
    attend(account)
    assert (today().unredeemed, today().undelivered) == (worth(980, "980"), worth(100, "60"))


def test_a_class_is_earned_at_its_end(account, moving_clock):
    redemption = attend(account)
    moving_clock.moment = redemption.session.ends_at - timedelta(microseconds=1)
    before = today().classes
    moving_clock.moment = redemption.session.ends_at
    assert (before, today().classes) == (NOTHING, worth(100, "60"))


def test_held_credits_are_unredeemed(account):
    CreditAccount.objects.update(requires_approval=True)
    account.refresh_from_db()
    attend(account)
    assert today().unredeemed == worth(1_080, "1040")


def test_an_approved_class_is_earned_at_its_end(account, moving_clock):
    CreditAccount.objects.update(requires_approval=True)
    account.refresh_from_db()
    redemption = attend(account)
    confirm(redemption=redemption, actor=account.owner)
    moving_clock.advance(days=31)
    assert today().classes == worth(100, "60")


def test_a_class_that_was_moved_is_earned_later(account, moving_clock):
    session = attend(account).session
    later = session.starts_at + timedelta(days=40)
    move_session(
        session=session, starts_at=later, ends_at=later + timedelta(hours=8), notice="Ill."
    )
    moving_clock.advance(days=31)
    before = today().classes
    moving_clock.advance(days=40)
    assert (before, today().classes) == (NOTHING, worth(100, "60"))


def test_a_class_called_off_is_never_earned(account, moving_clock, staff):
    session = attend(account).session
    cancel_session(session=session, notice="Ill.", actor=staff)
    moving_clock.advance(days=31)
    assert (today().classes, today().unredeemed) == (NOTHING, worth(1_080, "1040"))


def test_a_past_day_still_knows_what_was_called_off_since(account, moving_clock, staff):
    session = attend(account).session
    moving_clock.advance(days=1)
    cancel_session(session=session, notice="Ill.", actor=staff)
    assert days_ago(1).undelivered == worth(100, "60")


def test_a_lot_of_60_days_for_a_class_called_off_is_neither_sold_nor_refunded(
    account, moving_clock, staff
):
    session = attend(account, starts_at=clock.now() + timedelta(days=70)).session
    moving_clock.advance(days=45)
    sold = today().sold
    cancel_session(session=session, notice="Ill.", actor=staff)
    assert CreditLot.objects.filter(account=account).count() == 3
    assert (today().sold, today().refunded) == (sold, NOTHING)


def test_credits_that_return_after_the_class_take_its_revenue_back(account, moving_clock, staff):
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "ben"))
    moving_clock.advance(days=31)
    _ann, ben = places(redemption)
    Registration.objects.filter(pk=ben.pk).update(status="missed")
    earned = today().classes
    moving_clock.advance(days=1)
    return_credits(redemption=redemption, place=ben, actor=staff, reason="Ill.")
    assert (earned, days_ago(1).classes, today().classes) == (
        worth(200, "160"),
        worth(200, "160"),
        worth(100, "60"),
    )


def test_a_course_is_earned_when_access_starts(account):
    redemption = study(account)
    before = today().courses
    start(place=places(redemption)[0])
    assert (before, today().courses) == (NOTHING, worth(100, "60"))


def test_a_course_is_earned_once(account, moving_clock):
    place = places(study(account))[0]
    start(place=place)
    moving_clock.advance(days=1)
    finish(place=place)
    moving_clock.advance(days=400)
    assert today().courses == worth(100, "60")


def test_a_course_never_started_is_earned_once_its_finish_by_date_is_over(account, moving_clock):
    redemption = study(account)
    redemption.refresh_from_db()
    moving_clock.moment = clock.start_of(redemption.finish_by) + timedelta(hours=23)
    before = today().courses
    moving_clock.advance(hours=1)
    assert (before, today().courses) == (NOTHING, worth(100, "60"))


def test_the_first_to_begin_uses_the_credits_drawn_first(account):
    redemption = study(account, "ann", "ben")
    start(place=places(redemption)[1])
    assert (today().courses, today().undelivered) == (worth(100, "60"), worth(100, "100"))


def test_a_participant_of_a_course_who_cancels_gives_the_last_credits_back(account):
    redemption = study(account, "ann", "ben")
    ann, ben = places(redemption)
    cancel(redemption=redemption, places=[ann], actor=account.owner)
    start(place=ben)
    assert (today().courses, today().undelivered) == (worth(100, "60"), NOTHING)


def test_who_took_a_place_over_is_earned_once(account, moving_clock):
    redemption = study(account)
    (place,) = places(redemption)
    redemption.refresh_from_db()
    (ben,) = people("ben")
    replace(redemption=redemption, place=place, person=ben)
    moving_clock.moment = clock.start_of(redemption.finish_by) + timedelta(days=1, hours=2)
    assert (today().courses, today().undelivered) == (worth(100, "60"), NOTHING)


def test_credits_of_a_missed_course_that_return_take_its_revenue_back(account, moving_clock, staff):
    redemption = study(account)
    place = places(redemption)[0]
    moving_clock.advance(days=101)
    end_access(place=place)
    moving_clock.advance(days=1)
    return_credits(redemption=redemption, place=place, actor=staff, reason="Ill.")
    assert (days_ago(1).courses, today().courses) == (worth(100, "60"), NOTHING)


def test_credits_that_return_to_an_ended_lot_are_breakage(account, moving_clock, staff):
    redemption = study(account)
    place = places(redemption)[0]
    moving_clock.advance(days=101)
    end_access(place=place)
    return_credits(redemption=redemption, place=place, actor=staff, reason="Ill.")
    assert (today().expired, today().unredeemed) == (worth(80, "40"), worth(1_000, "1000"))


def test_breakage_is_earned_with_the_last_usable_day(account, moving_clock):
    moving_clock.advance(days=100)
    before = today().expired
    moving_clock.advance(days=1)
    assert (before, days_ago(1).expired) == (NOTHING, worth(80, "40"))


def test_the_sweep_changes_no_figure(account, moving_clock):
    moving_clock.advance(days=107)
    before = [days_ago(days) for days in (0, 6, 7, 8)]
    ledger.expire(day=clock.today())
    assert [days_ago(days) for days in (0, 6, 7, 8)] == before


def test_a_refund_takes_credits_at_the_price_paid(account):
    lot = CreditLot.objects.get(account=account, credits=80)
    ledger.withdraw(lot=lot, credits=10, key="refund:1", actor="job:test", reason="test")
    assert (today().refunded, today().deferred) == (worth(10, "5"), worth(1_070, "1035"))


def test_a_refund_that_failed_is_no_refund(account):
    lot = CreditLot.objects.get(account=account, credits=80)
    terms = {"credits": 10, "actor": "job:test", "reason": "test"}
    entry = ledger.withdraw(lot=lot, key="refund:1", **terms)
    ledger.restore(entry=entry, key="refund:1:back", **terms)
    assert (today().refunded, today().deferred) == (worth(0, "0"), worth(1_080, "1040"))


def test_credits_of_an_undone_payment_were_not_sold(account):
    lot = CreditLot.objects.get(account=account, credits=80)
    ledger.withdraw(lot=lot, credits=80, key="undo:1", actor="job:test", reason="test")
    assert (today().sold, today().refunded) == (worth(1_000, "1000"), NOTHING)


def test_a_move_between_accounts_sells_and_refunds_nothing(account, moving_clock, staff):
    lot = CreditLot.objects.get(account=account, credits=80)
    moving_clock.advance(days=9)
    other = funded_account(0)
    move_credits(lot=lot, credits=30, to=other, key="1", actor=staff, reason="test")
    assert (today().sold, today().refunded) == (worth(1_080, "1040"), NOTHING)


def test_moved_credits_are_owed_to_the_other_account_from_that_day_on(account, moving_clock, staff):
    lot = CreditLot.objects.get(account=account, credits=80)
    moving_clock.advance(days=9)
    other = funded_account(0)
    move_credits(lot=lot, credits=30, to=other, key="1", actor=staff, reason="test")
    owed = [
        {row.account_id: row.totals.deferred.credits for row in queries.by_account(day)}
        for day in (clock.today() - timedelta(days=1), clock.today())
    ]
    assert owed == [{account.pk: 1_080}, {account.pk: 1_050, other.pk: 30}]


def test_a_month_begins_at_midnight_of_the_programmes_zone(account, moving_clock, settings):
    settings.PORTAL_TIME_ZONE = "America/New_York"
    moving_clock.set(2026, 4, 1, 3)  # still 31 March there
    lot = CreditLot.objects.get(account=account, credits=80)
    ledger.withdraw(lot=lot, credits=10, key="refund:1", actor="job:test", reason="test")
    moving_clock.advance(hours=5)
    march, april = queries.by_month(clock.today() - timedelta(days=1), clock.today())
    assert (march.flow.refunded.credits, april.flow.refunded.credits) == (10, 0)
