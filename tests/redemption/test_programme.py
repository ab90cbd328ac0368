from datetime import timedelta
from decimal import Decimal

import pytest

from accounts import ledger
from accounts.models import CreditLot
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import exceptions, returned
from redemption.models import Redemption, Registration
from redemption.services import (
    cancel,
    cancel_session,
    change_date,
    change_joining,
    confirm,
    give_up,
    mark_attendance,
    move_session,
)
from redemption.signals import redemption_ended, redemption_moved
from tests.factories.redemption import (
    TrainingSessionFactory,
    add_lot,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def staff(moving_clock, django_user_model):
    return django_user_model.objects.create_user("staff@example.com", is_staff=True)


@pytest.fixture
def session(moving_clock):
    return TrainingSessionFactory()


def move(session, **delta):
    starts_at = session.starts_at + timedelta(**delta)
    ends_at = session.ends_at + timedelta(**delta)
    return move_session(session=session, starts_at=starts_at, ends_at=ends_at, notice="Ill.")


def places(redemption):
    return list(redemption.registrations.select_related("session", "redemption"))


def change(redemption, session):
    return change_date(
        redemption=redemption,
        places=places(redemption),
        session=session,
        actor=f"registration:{redemption.pk}",
    )


def balance(account):
    return ledger.balance(account=account)


def mails(*names):
    return set(OutboundMail.objects.filter(name__in=names).values_list("name", "recipient"))


def heard(signal, act):
    """Return what `signal` told while `act` ran."""
    told = []

    def listen(redemption, **kwargs):
        told.append(redemption)

    signal.connect(listen)
    try:
        act()
    finally:
        signal.disconnect(listen)
    return told


def test_a_moved_class_keeps_its_registrations_past_the_lots_last_day(session):
    account = funded_account(0)
    add_lot(account, days=40)
    redemption = register(account, session=session)
    moved = move(session, days=60)
    assert moved.moved_from == session.starts_at
    assert Redemption.objects.get(pk=redemption.pk).is_confirmed
    assert balance(account).redeemed == 100
    assert ledger.verify() == []


def test_a_move_is_told_to_everybody(session):
    account = funded_account()
    register(account, session=session, names=("ann", "bo"))
    move(session, days=1)
    assert mails(
        "redemption.class_moved", "redemption.class_moved_owner", "redemption.place_moved"
    ) == {
        ("redemption.class_moved", "ann@example.com"),
        ("redemption.class_moved_owner", account.owner.email),
        ("redemption.place_moved", "bo@example.com"),
    }


def test_a_move_updates_the_calendars(session):
    redemption = register(funded_account(), session=session)
    move(session, days=1)
    assert places(redemption)[0].sequence == 1


def test_a_moved_place_can_be_cancelled_for_14_days(session, moving_clock):
    account = funded_account()
    redemption = register(account, session=session)
    moving_clock.advance(days=20)
    move(session, days=20)
    moving_clock.advance(days=14, seconds=-1)
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    assert balance(account).redeemed == 0


def test_after_14_days_the_usual_cut_off_holds(session, moving_clock):
    redemption = register(funded_account(), session=session)
    moving_clock.advance(days=20)
    move(session, days=15)
    moving_clock.advance(days=14)
    with pytest.raises(exceptions.TooLate):
        cancel(redemption=redemption, places=places(redemption), actor="registration:1")


def test_a_moved_class_returns_short_lots_as_60_days_at_the_old_price(session, moving_clock):
    account = funded_account(0)
    add_lot(account, 100, days=40, unit_price="0.80")
    redemption = register(account, session=session)
    moving_clock.advance(hours=1)
    move(session, days=30)
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    lot = CreditLot.objects.latest("id")
    assert (lot.available, lot.unit_price) == (100, Decimal("0.80"))
    assert lot.last_day == clock.today() + timedelta(days=60)
    assert balance(account).withdrawn == 100
    assert ledger.verify() == []


def test_credits_expired_meanwhile_come_back_at_no_price(session, moving_clock):
    account = funded_account(0)
    add_lot(account, 100, days=31)
    redemption = register(account, session=session)
    moving_clock.advance(days=29)
    move(session, days=30)
    moving_clock.advance(days=5)
    assert returned.preview(places(redemption)) == [
        (100, clock.today() + timedelta(days=60), False)
    ]
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    lot = CreditLot.objects.latest("id")
    assert (lot.available, lot.unit_price) == (100, Decimal(0))
    assert balance(account).expired == 100


def test_lots_with_60_days_left_take_their_credits_back(session, moving_clock):
    account = funded_account(0)
    lot = add_lot(account, 100, days=60)
    redemption = register(account, session=session)
    moving_clock.advance(hours=1)
    move(session, days=1)
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    lot.refresh_from_db()
    assert lot.available == 100
    assert CreditLot.objects.count() == 1


def test_a_place_booked_after_the_notice_has_the_usual_terms(session, moving_clock):
    account = funded_account(0)
    lot = add_lot(account, 100, days=40)
    other = TrainingSessionFactory(training=session.training)
    redemption = register(account, session=session)
    moving_clock.advance(hours=1)
    move(other, days=1)
    moving_clock.advance(hours=1)
    change(redemption, other)
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    lot.refresh_from_db()
    assert (lot.available, CreditLot.objects.count()) == (100, 1)


def test_a_place_changed_into_a_moved_class_has_no_14_days(moving_clock):
    near = TrainingSessionFactory(starts_at=clock.now() + timedelta(days=10))
    account = funded_account()
    far = TrainingSessionFactory(training=near.training)
    redemption = register(account, session=far)
    moving_clock.advance(days=1)
    move(near, days=1)
    moving_clock.advance(hours=1)
    change(redemption, near)
    with pytest.raises(exceptions.TooLate):
        cancel(redemption=redemption, places=places(redemption), actor="registration:1")


def test_a_moved_place_takes_its_short_credits_to_another_date(session, moving_clock):
    account = funded_account(0)
    add_lot(account, 100, days=31)
    other = TrainingSessionFactory(
        training=session.training, starts_at=session.starts_at + timedelta(days=20)
    )
    redemption = register(account, session=session)
    moving_clock.advance(days=1)
    move(session, days=30)
    change(redemption, other)
    assert places(redemption)[0].session == other
    assert balance(account).redeemed == 100
    assert ledger.verify() == []


def test_a_moved_place_takes_ended_credits_to_another_date(session, moving_clock):
    account = funded_account(0)
    add_lot(account, 100, days=31)
    other = TrainingSessionFactory(
        training=session.training, starts_at=session.starts_at + timedelta(days=20)
    )
    redemption = register(account, session=session)
    moving_clock.advance(days=29)
    move(session, days=30)
    moving_clock.advance(days=5)
    change(redemption, other)
    assert balance(account).redeemed == 100
    assert ledger.verify() == []


def test_a_move_reckons_the_decide_by_of_a_request_anew(session):
    redemption = register(funded_account(requires_approval=True), session=session)
    told = heard(redemption_moved, lambda: move(session, days=-26))
    redemption.refresh_from_db()
    assert redemption.decide_by == clock.now() + timedelta(days=3)
    assert told == [redemption]


def test_a_class_that_has_begun_is_not_moved(session, moving_clock):
    moving_clock.advance(days=30)
    with pytest.raises(exceptions.SessionClosedError):
        move(session, days=1)


def call_off(session, staff):
    return cancel_session(session=session, notice="The trainer is ill.", actor=staff)


def test_a_class_called_off_returns_all_credits(session, staff):
    account = funded_account()
    redemption = register(account, session=session, names=("ann", "bo"))
    call_off(session, staff)
    assert balance(account).available == 1_000
    redemption.refresh_from_db()
    assert redemption.status == Redemption.Status.CANCELLED
    assert redemption.outcome_note == "The trainer is ill."


def test_a_class_called_off_past_the_cut_off_returns_credits_too(session, staff, moving_clock):
    account = funded_account()
    register(account, session=session)
    moving_clock.advance(days=29)
    call_off(session, staff)
    assert balance(account).redeemed == 0


def test_a_class_called_off_ends_its_requests(session, staff):
    account = funded_account(requires_approval=True)
    redemption = register(account, session=session)
    told = heard(redemption_ended, lambda: call_off(session, staff))
    assert told == [redemption]
    assert balance(account).held == 0
    with pytest.raises(exceptions.NotPending):
        confirm(redemption=redemption, actor=account.owner)


def test_a_class_called_off_gives_short_lots_60_days(session, staff):
    account = funded_account(0)
    add_lot(account, 100, days=31)
    register(account, session=session)
    call_off(session, staff)
    assert CreditLot.objects.latest("id").last_day == clock.today() + timedelta(days=60)
    assert ledger.verify() == []


def test_held_credits_of_a_class_called_off_get_60_days_too(session, staff):
    account = funded_account(0, requires_approval=True)
    add_lot(account, 100, days=31)
    register(account, session=session)
    call_off(session, staff)
    assert CreditLot.objects.latest("id").last_day == clock.today() + timedelta(days=60)
    assert ledger.verify() == []


def test_a_class_called_off_returns_the_credits_of_places_given_up(session, staff, moving_clock):
    account = funded_account()
    redemption = register(account, session=session, names=("ann", "bo"))
    moving_clock.advance(days=20)
    give_up(redemption=redemption, place=places(redemption)[0], actor="registration:1")
    cancel_session(session=session, notice="Ill.", actor=staff)
    assert balance(account).redeemed == 0
    assert Redemption.objects.get().status == Redemption.Status.CANCELLED


def test_a_class_called_off_afterwards_leaves_those_marked_as_missed(session, staff, moving_clock):
    account = funded_account()
    register(account, session=session)
    moving_clock.advance(days=31)
    mark_attendance(session=session, attended=set())
    cancel_session(session=session, notice="Ill.", actor=staff)
    assert balance(account).redeemed == 100


def test_a_class_called_off_is_told_to_everybody(session, staff):
    account = funded_account()
    register(account, session=session, names=("ann", "bo"))
    call_off(session, staff)
    assert mails(
        "redemption.class_cancelled",
        "redemption.class_cancelled_owner",
        "redemption.place_class_cancelled",
    ) == {
        ("redemption.class_cancelled", "ann@example.com"),
        ("redemption.class_cancelled_owner", account.owner.email),
        ("redemption.place_class_cancelled", "bo@example.com"),
    }


def test_several_accounts_get_their_credits_back(session, staff):
    accounts = [funded_account(), funded_account()]
    for number, account in enumerate(accounts):
        register(account, session=session, names=[f"person{number}"])
    call_off(session, staff)
    assert [balance(account).available for account in accounts] == [1_000, 1_000]


def test_a_class_is_called_off_once(session, staff):
    call_off(session, staff)
    with pytest.raises(exceptions.NothingToChange):
        call_off(session, staff)


def test_attendance_is_marked_in_one_go(session, moving_clock):
    redemption = register(funded_account(), session=session, names=("ann", "bo"))
    moving_clock.advance(days=31)
    ann = redemption.registrations.get(name="Ann")
    assert mark_attendance(session=session, attended={ann.pk}) == 1
    assert list(redemption.registrations.values_list("status", flat=True)) == ["attended", "missed"]
    assert mails("redemption.missed") == {("redemption.missed", "bo@example.com")}


def test_attendance_can_be_put_right(session, moving_clock):
    redemption = register(funded_account(), session=session)
    moving_clock.advance(days=31)
    mark_attendance(session=session, attended=set())
    mark_attendance(session=session, attended={redemption.registrations.get().pk})
    assert redemption.registrations.get().status == Registration.Status.ATTENDED


def test_attendance_is_not_marked_before_the_start(session):
    with pytest.raises(exceptions.NothingToChange):
        mark_attendance(session=session, attended=set())


def test_new_joining_details_are_mailed_to_whoever_is_registered(session):
    register(funded_account(), session=session)
    register(funded_account(requires_approval=True), session=session, names=["bo"])
    change_joining(session=session, place="", link="https://new.example.com/", details="")
    assert mails("redemption.joining_changed") == {
        ("redemption.joining_changed", "ann@example.com")
    }


def test_unchanged_joining_details_are_not_mailed(session):
    register(funded_account(), session=session)
    assert not change_joining(session=session, place="", link=session.link, details="")
    assert mails("redemption.joining_changed") == set()
