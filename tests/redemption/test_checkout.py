from datetime import timedelta

import pytest

from accounts import ledger, passkeys
from accounts.models import LedgerEntry
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import exceptions
from redemption.models import Redemption, Registration
from redemption.services import Person, confirm, preview, withdraw
from redemption.services.applications import Application
from redemption.signals import redemption_submitted
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
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
def session(moving_clock):
    return TrainingSessionFactory()


def balance(account):
    return ledger.balance(account=account)


def mails():
    return set(OutboundMail.objects.values_list("name", "recipient"))


def test_without_approval_a_registration_is_confirmed_and_paid_at_once(account, session):
    redemption = register(account, session=session, names=("ann", "bo"))
    assert redemption.status == Redemption.Status.CONFIRMED
    assert balance(account).redeemed == 200


def test_every_participant_has_a_place_with_a_link_of_their_own(account, session):
    redemption = register(account, session=session, names=("ann", "bo"))
    places = redemption.registrations.values_list("name", "email", "credits", "status")
    assert list(places) == [
        ("Ann", "ann@example.com", 100, "registered"),
        ("Bo", "bo@example.com", 100, "registered"),
    ]
    assert len({place.link_token for place in redemption.registrations.all()}) == 2


def test_registrant_owner_and_participants_are_told(account, session):
    register(account, session=session, names=("ann", "bo"))
    assert mails() == {
        ("redemption.confirmed", "ann@example.com"),
        ("redemption.confirmed_owner", account.owner.email),
        ("redemption.place_confirmed", "bo@example.com"),
    }


def test_an_owner_who_takes_part_has_the_mail_of_the_own_place_too(account, session):
    owner = Person("Olga", account.owner.email)
    register(account, session=session, participants=[*people("ann"), owner])
    to_owner = OutboundMail.objects.filter(recipient=owner.email)
    assert set(to_owner.values_list("name", flat=True)) == {
        "redemption.confirmed_owner",
        "redemption.place_confirmed",
    }


def test_with_approval_credits_and_seats_are_held(session):
    account = funded_account(requires_approval=True)
    redemption = register(account, session=session)
    assert redemption.status == Redemption.Status.PENDING
    assert balance(account).held == 100
    assert session.registrations.seated().count() == 1


def test_a_request_has_its_decide_by(session):
    account = funded_account(requires_approval=True)
    assert register(account, session=session).decide_by == clock.now() + timedelta(days=7)


def test_approvals_hear_of_a_request_only(session):
    heard = []

    def listen(redemption, **kwargs):
        heard.append(redemption)

    redemption_submitted.connect(listen)
    try:
        register(funded_account(), session=session, names=["bo"])
        request = register(funded_account(requires_approval=True), session=session)
    finally:
        redemption_submitted.disconnect(listen)
    assert heard == [request]


def test_a_request_of_the_signed_in_owner_needs_no_approval(session):
    account = funded_account(requires_approval=True)
    assert register(account, session=session, user=account.owner).is_confirmed


def test_a_request_of_a_signed_in_stranger_needs_approval(session):
    account, other = funded_account(requires_approval=True), funded_account()
    assert register(account, session=session, user=other.owner).is_pending


def test_the_same_key_gives_the_first_result(account, session):
    first = register(account, session=session, key="k")
    assert register(account, session=session, key="k") == first
    assert balance(account).redeemed == 100


def test_the_first_result_is_given_even_when_the_date_is_full_by_now(account):
    session = TrainingSessionFactory(seats=1)
    first = register(account, session=session, key="k")
    assert register(account, session=session, key="k") == first


def test_the_same_key_for_other_people_is_refused(account, session):
    register(account, session=session, key="k")
    with pytest.raises(exceptions.KeyReusedError):
        register(account, session=session, key="k", names=["bo"])


def test_too_few_credits_leave_nothing_but_the_owners_notice(session):
    account = funded_account(99)
    with pytest.raises(exceptions.TooFewCredits):
        register(account, session=session)
    assert not Redemption.objects.exists()
    assert mails() == {("redemption.too_few_credits", account.owner.email)}


def test_the_owner_is_told_once_a_day(moving_clock):
    account, session = funded_account(99), TrainingSessionFactory()
    for _ in range(2):
        with pytest.raises(exceptions.TooFewCredits):
            register(account, session=session)
    moving_clock.advance(days=1)
    with pytest.raises(exceptions.TooFewCredits):
        register(account, session=session)
    assert OutboundMail.objects.count() == 2


def test_a_holder_is_not_told_the_balance(session):
    with pytest.raises(exceptions.TooFewCredits) as refusal:
        register(funded_account(99), session=session)
    assert "99" not in str(refusal.value)


def test_a_full_date_is_refused_and_nothing_is_spent(account):
    session = TrainingSessionFactory(seats=2)
    register(account, session=session)
    with pytest.raises(exceptions.SessionFull):
        register(account, session=session, names=("bo", "cy"))
    assert balance(account).redeemed == 100


def test_waiting_requests_keep_their_seats(account):
    session = TrainingSessionFactory(seats=1)
    register(funded_account(requires_approval=True), session=session)
    with pytest.raises(exceptions.SessionFull):
        register(account, session=session, names=["bo"])


def test_a_participant_registered_already_is_refused(account, session):
    register(account, session=session)
    with pytest.raises(exceptions.ParticipantTaken) as refusal:
        register(account, session=session, names=("bo", "ann"))
    assert refusal.value.email == "ann@example.com"


def test_a_participant_named_twice_is_refused(account, session):
    twice = [Person("Ann", "ann@example.com"), Person("Ann", " ANN@example.com")]
    with pytest.raises(exceptions.ParticipantNamedTwice):
        register(account, session=session, participants=twice)


def test_the_same_person_may_take_another_date(account, session):
    register(account, session=session)
    other = TrainingSessionFactory(training=session.training)
    assert register(account, session=other).is_confirmed


def test_a_running_course_is_refused_a_second_time(account):
    course = CourseFactory()
    register(account, training=course)
    with pytest.raises(exceptions.ParticipantTaken):
        register(account, training=course)


def test_a_class_that_has_begun_takes_nobody(account, moving_clock):
    session = TrainingSessionFactory()
    moving_clock.advance(days=30)
    with pytest.raises(exceptions.SessionClosedError):
        register(account, session=session)


def test_requests_for_approval_close_two_hours_before_the_start(moving_clock):
    account, session = funded_account(requires_approval=True), TrainingSessionFactory()
    moving_clock.advance(days=29, hours=22)
    with pytest.raises(exceptions.SessionClosedError):
        register(account, session=session)


def test_a_cancelled_class_takes_nobody(account):
    session = TrainingSessionFactory(status="cancelled")
    with pytest.raises(exceptions.SessionClosedError):
        register(account, session=session)


def test_a_training_taken_off_the_catalogue_takes_nobody(account):
    session = TrainingSessionFactory(training__is_active=False)
    with pytest.raises(exceptions.SessionClosedError):
        register(account, session=session)


def test_a_date_of_another_training_is_refused(account, session):
    with pytest.raises(exceptions.SessionClosedError):
        register(account, session=session, training=TrainingFactory())


def test_a_live_training_needs_a_date(account):
    with pytest.raises(exceptions.SessionClosedError):
        register(account, training=TrainingFactory())


def test_a_replaced_passkey_spends_no_more(account, session):
    old = account.passkeys.select_related("account").get()
    passkeys.replace(account=account, actor=account.owner)
    with pytest.raises(exceptions.PasskeyNoLongerAccepted):
        register(account, session=session, passkey=old)
    assert balance(account).redeemed == 0


def test_a_frozen_account_is_refused_like_an_unknown_passkey(account, session):
    account.status = "frozen"
    account.save()
    with pytest.raises(exceptions.PasskeyNoLongerAccepted):
        register(account, session=session)


def test_approval_switched_on_meanwhile_is_obeyed(account, session):
    passkey = account.passkeys.select_related("account").get()
    type(account).objects.update(requires_approval=True)
    assert register(account, session=session, passkey=passkey).is_pending


def test_a_lot_that_ends_before_the_class_does_not_pay(session):
    account = funded_account(0)
    add_lot(account, days=29)
    with pytest.raises(exceptions.TooFewCredits):
        register(account, session=session)


def test_a_lot_that_ends_on_the_printed_last_day_of_the_class_pays(moving_clock):
    # 23:30 UTC is the next day in Berlin, where the class is.
    moving_clock.set(2026, 3, 10, 15, 30)
    account, session = funded_account(0), TrainingSessionFactory()
    add_lot(account, days=30)
    with pytest.raises(exceptions.TooFewCredits):
        register(account, session=session)
    add_lot(account, days=31)
    assert register(account, session=session).is_confirmed


def test_the_soonest_lot_that_fits_is_drawn_first(account, session):
    soon, fits = add_lot(account, days=20), add_lot(account, days=40)
    register(account, session=session)
    soon.refresh_from_db()
    fits.refresh_from_db()
    assert (soon.redeemed, fits.redeemed) == (0, 100)


def test_a_course_is_finished_by_the_earliest_last_day_of_the_lots_drawn(account):
    add_lot(account, 60, days=40)
    redemption = register(account)
    assert redemption.finish_by == clock.today() + timedelta(days=40)


def test_a_course_takes_lots_that_last_long_enough_first(account):
    short = add_lot(account, days=9)
    register(account)
    short.refresh_from_db()
    assert short.redeemed == 0


def test_shorter_lots_pay_a_course_only_after_the_date_is_accepted():
    account = funded_account(0)
    add_lot(account, days=9)
    with pytest.raises(exceptions.FinishByNotAccepted) as refusal:
        register(account)
    assert refusal.value.finish_by == clock.today() + timedelta(days=9)
    assert register(account, finish_by_accepted=refusal.value.finish_by).is_confirmed


def test_an_earlier_date_than_the_accepted_one_is_asked_again():
    account = funded_account(0)
    add_lot(account, days=9)
    with pytest.raises(exceptions.FinishByNotAccepted):
        register(account, finish_by_accepted=clock.today() + timedelta(days=10))


def test_one_address_has_at_most_twenty_open_requests():
    account = funded_account(10_000, requires_approval=True)
    for _ in range(20):
        register(account, session=TrainingSessionFactory())
    with pytest.raises(exceptions.TooManyRequests):
        register(account, session=TrainingSessionFactory())
    assert balance(account).held == 2_000


def test_decided_requests_do_not_count():
    account = funded_account(10_000, requires_approval=True)
    requests = [register(account, session=TrainingSessionFactory()) for _ in range(20)]
    confirm(redemption=requests[0], actor=account.owner)
    assert register(account, session=TrainingSessionFactory()).is_pending


def test_one_account_has_at_most_200_open_requests(monkeypatch):
    monkeypatch.setattr("redemption.services.checkout.OPEN_REQUESTS_PER_ACCOUNT", 2)
    account, session = funded_account(requires_approval=True), TrainingSessionFactory()
    register(account, session=session, names=["ann"])
    register(account, session=session, names=["bo"])
    with pytest.raises(exceptions.TooManyRequests):
        register(account, session=session, names=["cy"])


def test_a_signed_in_delegate_has_no_limit(monkeypatch):
    monkeypatch.setattr("redemption.services.checkout.OPEN_REQUESTS_PER_ACCOUNT", 0)
    account = funded_account(requires_approval=True)
    delegate = funded_account().owner
    account.delegates.create(email=delegate.email, status="accepted")
    assert register(account, session=TrainingSessionFactory(), user=delegate).is_pending


def test_the_actor_of_an_anonymous_spend_is_the_registration(account, session):
    redemption = register(account, session=session)
    redemption.entry.refresh_from_db()
    assert redemption.entry.actor == f"registration:{redemption.pk}"
    assert redemption.entry.key == f"redemption:{redemption.pk}"


def test_addresses_are_kept_in_lower_case(account, session):
    redemption = register(account, session=session, registrant=Person("Ann", "Ann@Example.com"))
    assert redemption.email == "ann@example.com"


def test_the_passkeys_last_use_is_recorded(account, session):
    register(account, session=session)
    assert account.passkeys.get().last_used_at == clock.now()


def test_a_withdrawn_request_frees_the_address_for_another(session):
    account = funded_account(requires_approval=True)
    withdraw(redemption=register(account, session=session), actor="registration:1")
    assert register(account, session=session).is_pending


def application(account, session, **fields):
    terms = {
        "training": session.training if session else CourseFactory(),
        "session": session,
        "passkey": account.passkeys.get(),
        "registrant": people("ann")[0],
        "participants": people("ann"),
        "key": "k",
    }
    return Application(**terms | fields)


def test_the_preview_tells_the_terms_and_keeps_nothing(account, session):
    terms = preview(application(account, session))
    assert (terms.credits, terms.needs_approval, terms.decide_by) == (100, False, None)
    assert terms.cancel_until == session.starts_at - timedelta(days=14)
    assert not Registration.objects.exists()
    assert LedgerEntry.objects.count() == 1


def test_the_preview_tells_the_decide_by_of_a_request(session):
    account = funded_account(requires_approval=True)
    assert preview(application(account, session)).decide_by == clock.now() + timedelta(days=7)


def test_the_preview_asks_for_an_early_finish_by():
    account = funded_account(0)
    add_lot(account, days=9)
    terms = preview(application(account, None))
    assert (terms.asks_finish_by, terms.finish_by) == (True, clock.today() + timedelta(days=9))


def test_the_preview_refuses_too_few_credits_and_tells_the_owner(session):
    account = funded_account(99)
    with pytest.raises(exceptions.TooFewCredits):
        preview(application(account, session))
    assert mails() == {("redemption.too_few_credits", account.owner.email)}
