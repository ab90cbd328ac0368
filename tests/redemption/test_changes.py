from datetime import timedelta

import pytest

from accounts import ledger
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import exceptions, returned
from redemption.models import Redemption, Registration
from redemption.services import (
    Person,
    cancel,
    change_date,
    confirm,
    correct_address,
    correct_participant,
    decline,
    end_access,
    finish,
    give_up,
    replace,
    return_credits,
    start,
    withdraw,
)
from tests.factories.redemption import (
    CourseFactory,
    TrainingSessionFactory,
    add_lot,
    funded_account,
    people,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def account(moving_clock):
    return funded_account()


@pytest.fixture
def redemption(account):
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    OutboundMail.objects.all().delete()
    return redemption


def places(redemption, *names):
    rows = redemption.registrations.select_related("session", "redemption")
    return list(rows.filter(name__in=names) if names else rows)


def place(redemption, name="Ann"):
    return places(redemption, name)[0]


def balance(account):
    return ledger.balance(account=account)


def buckets(lot):
    lot.refresh_from_db()
    return lot.available, lot.redeemed


def mails():
    return set(OutboundMail.objects.values_list("name", "recipient"))


def cancel_all(redemption, actor="registration:1"):
    return cancel(redemption=redemption, places=places(redemption), actor=actor)


def paid_matches_redeemed(account):
    """Trust.md I15 for one account."""
    paid = sum(Registration.objects.paid().values_list("credits", flat=True))
    return paid == balance(account).redeemed


def test_cancelling_wholly_returns_every_credit(account, redemption):
    cancel_all(redemption)
    assert balance(account).available == 1_000
    assert Redemption.objects.get().status == Redemption.Status.CANCELLED


def test_cancelling_one_participant_keeps_the_other(account, redemption):
    cancel(redemption=redemption, places=places(redemption, "Bo"), actor="registration:1")
    assert balance(account).redeemed == 100
    assert Redemption.objects.get().is_confirmed
    assert paid_matches_redeemed(account)


def test_credits_return_to_the_lots_drawn_last_first(account):
    soon = add_lot(account, 150, days=40)
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    cancel(redemption=redemption, places=places(redemption, "Ann"), actor="registration:1")
    assert buckets(soon) == (50, 100)
    assert balance(account).redeemed == 100


def test_the_second_cancellation_goes_on_after_the_first(account):
    soon = add_lot(account, 150, days=40)
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    for name in ("Ann", "Bo"):
        cancel(redemption=redemption, places=places(redemption, name), actor="registration:1")
    assert buckets(soon) == (150, 0)


def test_the_preview_tells_what_returns_to_which_day(account):
    add_lot(account, 150, days=40)
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    year, soon = clock.today() + timedelta(days=365), clock.today() + timedelta(days=40)
    assert returned.preview(places(redemption, "Ann")) == [(50, year, False), (50, soon, False)]
    cancel(redemption=redemption, places=places(redemption, "Ann"), actor="registration:1")
    assert returned.preview(places(redemption, "Bo")) == [(100, soon, False)]


def test_everybody_concerned_is_told_of_a_cancellation(account, redemption):
    cancel_all(redemption)
    assert mails() == {
        ("redemption.cancelled", "ann@example.com"),
        ("redemption.cancelled_owner", account.owner.email),
        ("redemption.place_cancelled", "bo@example.com"),
    }


def test_nothing_is_cancelled_twice(redemption):
    gone = places(redemption)
    cancel_all(redemption)
    with pytest.raises(exceptions.NothingToChange):
        cancel(redemption=redemption, places=gone, actor="registration:1")


def test_past_the_cut_off_nothing_returns(redemption, account, moving_clock):
    moving_clock.advance(days=16)
    with pytest.raises(exceptions.TooLate):
        cancel_all(redemption)
    assert balance(account).redeemed == 200


def test_up_to_the_cut_off_everything_returns(redemption, account, moving_clock):
    moving_clock.advance(days=16, seconds=-1)
    cancel_all(redemption)
    assert balance(account).redeemed == 0


def test_a_late_confirmation_can_be_cancelled_for_24_hours(account, moving_clock):
    session = TrainingSessionFactory(starts_at=moving_clock.moment + timedelta(days=3))
    redemption = register(account, session=session)
    moving_clock.advance(hours=24, seconds=-1)
    cancel_all(redemption)
    assert balance(account).redeemed == 0


def test_the_seat_of_a_cancelled_place_is_free(redemption):
    cancel_all(redemption)
    assert redemption.session.registrations.seated().count() == 0


def test_giving_up_frees_the_seat_and_keeps_the_credits(redemption, account, moving_clock):
    moving_clock.advance(days=20)
    give_up(redemption=redemption, place=place(redemption), actor="registration:1")
    assert place(redemption).status == Registration.Status.MISSED
    assert redemption.session.registrations.seated().count() == 1
    assert balance(account).redeemed == 200
    assert paid_matches_redeemed(account)


def test_before_the_cut_off_a_place_is_cancelled_not_given_up(redemption):
    with pytest.raises(exceptions.NothingToChange):
        give_up(redemption=redemption, place=place(redemption), actor="registration:1")


def test_after_the_start_nothing_is_given_up(redemption, moving_clock):
    moving_clock.advance(days=30)
    with pytest.raises(exceptions.TooLate):
        give_up(redemption=redemption, place=place(redemption), actor="registration:1")


def test_staff_return_the_credits_of_a_missed_place(redemption, account, moving_clock):
    moving_clock.advance(days=20)
    give_up(redemption=redemption, place=place(redemption), actor="registration:1")
    return_credits(
        redemption=redemption, place=place(redemption), actor=account.owner, reason="Ill."
    )
    assert balance(account).redeemed == 100
    assert place(redemption).note == "Ill."
    assert paid_matches_redeemed(account)


def test_another_date_draws_the_credits_again(redemption, account):
    other = TrainingSessionFactory(training=redemption.training)
    change_date(
        redemption=redemption,
        places=places(redemption),
        session=other,
        actor="registration:1",
    )
    assert {each.session for each in places(redemption)} == {other}
    assert Redemption.objects.get().session == other
    assert balance(account).redeemed == 200


def test_a_later_date_is_paid_by_lots_that_last_so_long(account, moving_clock):
    soon = add_lot(account, days=40)
    redemption = register(account, session=TrainingSessionFactory())
    late = TrainingSessionFactory(
        training=redemption.training, starts_at=moving_clock.moment + timedelta(days=60)
    )
    move = {"places": places(redemption), "session": late, "actor": "registration:1"}
    change_date(redemption=redemption, **move)
    assert buckets(soon) == (1_000, 0)
    cancel_all(redemption)
    assert balance(account).redeemed == 0


def test_one_of_several_places_moves(redemption):
    other = TrainingSessionFactory(training=redemption.training)
    change_date(
        redemption=redemption,
        places=places(redemption, "Bo"),
        session=other,
        actor="registration:1",
    )
    assert place(redemption, "Bo").session == other
    assert place(redemption, "Ann").session == redemption.session
    assert Redemption.objects.get().session == redemption.session


def test_a_date_without_lots_that_fit_changes_nothing(moving_clock):
    account = funded_account(0)
    add_lot(account, days=40)
    redemption = register(account, session=TrainingSessionFactory())
    late = TrainingSessionFactory(
        training=redemption.training, starts_at=moving_clock.moment + timedelta(days=60)
    )
    with pytest.raises(exceptions.TooFewCredits):
        change_date(
            redemption=redemption, places=places(redemption), session=late, actor="registration:1"
        )
    assert place(redemption).session == redemption.session
    assert balance(account).redeemed == 100


def test_a_frozen_account_pays_no_other_date(redemption, account):
    other = TrainingSessionFactory(training=redemption.training)
    account.status = "frozen"
    account.save(update_fields=["status"])
    with pytest.raises(exceptions.SpendingStopped):
        change_date(
            redemption=redemption,
            places=places(redemption),
            session=other,
            actor="registration:1",
        )
    assert place(redemption).session == redemption.session


def test_the_preview_adds_up_what_returns_until_one_day(redemption):
    other = TrainingSessionFactory(training=redemption.training)
    for name in ("Ann", "Bo"):
        move = {"places": places(redemption, name), "session": other, "actor": "registration:1"}
        change_date(redemption=redemption, **move)
    assert [part.credits for part in returned.preview(places(redemption))] == [200]


def test_a_full_date_is_refused(redemption):
    other = TrainingSessionFactory(training=redemption.training, seats=1)
    with pytest.raises(exceptions.SessionFull):
        change_date(
            redemption=redemption, places=places(redemption), session=other, actor="registration:1"
        )


def test_a_date_of_another_training_is_refused(redemption):
    with pytest.raises(exceptions.NothingToChange):
        change_date(
            redemption=redemption,
            places=places(redemption),
            session=TrainingSessionFactory(),
            actor="registration:1",
        )


def test_a_place_can_move_there_and_back(redemption, account):
    other = TrainingSessionFactory(training=redemption.training)
    for session in (other, redemption.session):
        change_date(
            redemption=redemption,
            places=places(redemption),
            session=session,
            actor="registration:1",
        )
    assert place(redemption).sequence == 2
    assert balance(account).redeemed == 200


def test_a_change_of_date_is_told(redemption, account):
    other = TrainingSessionFactory(training=redemption.training)
    change_date(
        redemption=redemption, places=places(redemption), session=other, actor="registration:1"
    )
    assert mails() == {
        ("redemption.date_changed", "ann@example.com"),
        ("redemption.date_changed_owner", account.owner.email),
        ("redemption.place_date_changed", "bo@example.com"),
    }


def test_a_replaced_participant_stays_on_record(redemption, account):
    new = replace(redemption=redemption, place=place(redemption, "Bo"), person=people("cy")[0])
    assert new.replaces.name == "Bo"
    assert new.replaces.status == Registration.Status.CANCELLED
    assert balance(account).redeemed == 200
    assert paid_matches_redeemed(account)


def test_a_replacement_is_told_to_old_new_and_owner(redemption, account):
    replace(redemption=redemption, place=place(redemption, "Bo"), person=people("cy")[0])
    assert mails() == {
        ("redemption.place_passed_on", "bo@example.com"),
        ("redemption.place_confirmed", "cy@example.com"),
        ("redemption.replaced_owner", account.owner.email),
    }


def test_a_replaced_place_can_be_cancelled_for_its_credits(redemption, account):
    new = replace(redemption=redemption, place=place(redemption, "Bo"), person=people("cy")[0])
    cancel(redemption=redemption, places=[new], actor="registration:1")
    assert balance(account).redeemed == 100


def test_somebody_registered_cannot_take_a_place_over(redemption):
    with pytest.raises(exceptions.ParticipantTaken):
        replace(redemption=redemption, place=place(redemption, "Bo"), person=people("ann")[0])
    assert place(redemption, "Bo").is_registered


def test_after_the_start_nobody_is_replaced(redemption, moving_clock):
    moving_clock.advance(days=30)
    with pytest.raises(exceptions.TooLate):
        replace(redemption=redemption, place=place(redemption, "Bo"), person=people("cy")[0])


def test_a_waiting_participant_is_replaced_without_mail(moving_clock):
    account = funded_account(requires_approval=True)
    redemption = register(account, session=TrainingSessionFactory())
    OutboundMail.objects.all().delete()
    new = replace(redemption=redemption, place=place(redemption), person=people("cy")[0])
    assert mails() == set()
    confirm(redemption=redemption, actor=account.owner)
    new.refresh_from_db()
    assert new.is_registered


def test_a_corrected_address_has_new_links(redemption):
    old = redemption.link_token, place(redemption).link_token
    redemption = correct_address(redemption=redemption, email=" Ann@Other.example ")
    assert redemption.email == "ann@other.example"
    assert place(redemption).email == "ann@other.example"
    assert redemption.link_token != old[0]
    assert place(redemption).link_token != old[1]


def test_a_corrected_address_that_is_taken_is_refused(redemption):
    with pytest.raises(exceptions.ParticipantTaken):
        correct_address(redemption=redemption, email="bo@example.com")


def test_a_corrected_participant_gets_the_mail_again(redemption):
    correct_participant(place=place(redemption, "Bo"), email="bo@other.example")
    assert mails() == {("redemption.place_confirmed", "bo@other.example")}


def course(account, **fields):
    return register(account, training=CourseFactory(), **fields)


def test_a_course_can_be_cancelled_until_it_is_started(account):
    redemption = course(account)
    start(place=place(redemption))
    with pytest.raises(exceptions.TooLate):
        cancel_all(redemption)


def test_starting_twice_keeps_the_first_moment(account, moving_clock):
    redemption = course(account)
    first = start(place=place(redemption)).started_at
    moving_clock.advance(days=1)
    assert start(place=place(redemption)).started_at == first


def test_a_course_is_finished_once_it_is_started(account):
    redemption = course(account)
    with pytest.raises(exceptions.NothingToChange):
        finish(place=place(redemption))
    start(place=place(redemption))
    assert finish(place=place(redemption)).status == Registration.Status.ATTENDED


def test_a_finished_course_may_be_taken_again(account):
    redemption = course(account)
    start(place=place(redemption))
    finish(place=place(redemption))
    assert register(account, training=redemption.training).is_confirmed


def test_access_ends_after_the_finish_by_date(account, moving_clock):
    redemption = course(account)
    moving_clock.advance(days=365)
    with pytest.raises(exceptions.NothingToChange):
        end_access(place=place(redemption))
    moving_clock.advance(days=1)
    assert end_access(place=place(redemption)).status == Registration.Status.MISSED


def test_after_the_finish_by_date_a_course_is_not_started(account, moving_clock):
    redemption = course(account)
    moving_clock.advance(days=366)
    with pytest.raises(exceptions.TooLate):
        start(place=place(redemption))


def test_after_the_finish_by_date_no_credits_return(account, moving_clock):
    redemption = course(account)
    moving_clock.advance(days=366)
    with pytest.raises(exceptions.TooLate):
        cancel_all(redemption)


def test_after_the_finish_by_date_nobody_takes_a_course_over(account, moving_clock):
    redemption = course(account)
    moving_clock.advance(days=366)
    with pytest.raises(exceptions.TooLate):
        replace(redemption=redemption, place=place(redemption), person=people("cy")[0])


def test_the_end_of_access_is_told_once(account, moving_clock):
    redemption = course(account, names=("ann", "bo"))
    OutboundMail.objects.all().delete()
    moving_clock.advance(days=366)
    for each in places(redemption):
        end_access(place=each)
    assert mails() == {
        ("redemption.access_ended", "ann@example.com"),
        ("redemption.access_ended", "bo@example.com"),
    }


def test_a_registrant_who_does_not_attend_may_be_replaced_for(redemption):
    new = replace(
        redemption=redemption, place=place(redemption), person=Person("Di", "di@example.com")
    )
    assert new.email == "di@example.com"


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda row: None, "request_received"),
        (lambda row: confirm(redemption=row, actor=row.account.owner), "confirmed"),
        (lambda row: decline(redemption=row, actor=row.account.owner, reason="No."), "declined"),
        (lambda row: withdraw(redemption=row, actor="registration:1"), "withdrawn"),
    ],
)
def test_a_corrected_address_gets_the_mail_of_its_state(act, name):
    account = funded_account(requires_approval=True)
    redemption = register(account, session=TrainingSessionFactory())
    act(redemption)
    correct_address(redemption=redemption, email="ann@other.example")
    mail = OutboundMail.objects.get(recipient="ann@other.example")
    assert mail.name == f"redemption.{name}"
