from datetime import timedelta

import pytest

from accounts import ledger
from accounts.models import CreditAccount
from credits_portal.lib import clock, formats
from credits_portal.outbox.models import OutboundMail
from redemption.models import Redemption, Registration
from redemption.services import (
    Person,
    confirm,
    decline,
    mark_attendance,
    move_session,
    replace,
)
from tests.factories.accounts import DelegateFactory
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
    return register(account, session=TrainingSessionFactory(), names=("ann", "bo"))


@pytest.fixture
def waiting(moving_clock):
    return register(funded_account(requires_approval=True), session=TrainingSessionFactory())


def url(row, *rest):
    return row.get_absolute_url() + "".join(f"{part}/" for part in rest)


def place_of(redemption, name):
    return redemption.registrations.get(name=name)


def test_the_registrants_link_covers_every_place(client, redemption):
    page = client.get(url(redemption)).text
    assert redemption.reference in page
    assert "ann@example.com" in page
    assert "bo@example.com" in page


def test_a_participants_link_opens_the_own_place_only(client, redemption):
    page = client.get(url(place_of(redemption, "Bo"))).text
    assert "Bo" in page
    assert "cancel/" not in page


def test_a_participant_cannot_cancel(client, redemption):
    place = place_of(redemption, "Bo")
    for action in ("cancel", "give-up", "date", "replace", "correct"):
        assert client.post(url(place, action)).status_code == 404


def test_an_unknown_link_is_not_found(client):
    assert client.get("/registrations/nothing/").status_code == 404


def test_secret_pages_are_not_stored(client, redemption):
    assert "no-store" in client.get(url(redemption))["Cache-Control"]


def test_get_and_head_change_nothing(client, redemption, django_assert_num_queries):
    before = list(Registration.objects.values()), list(Redemption.objects.values())
    for action in ("", "cancel", "date", "give-up", "replace"):
        path = url(redemption, *filter(None, [action])) + f"?place={place_of(redemption, 'Bo').pk}"
        client.get(path)
        client.head(path)
    for action in ("withdraw", "start", "finish", "again"):
        assert client.get(url(redemption, action)).status_code == 405
    assert (list(Registration.objects.values()), list(Redemption.objects.values())) == before


def test_the_calendar_file_is_the_registrants_own(client, redemption):
    answer = client.get(url(redemption) + "calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"UID:registration-{place_of(redemption, 'Ann').pk}@" in answer.text


def test_cancelling_shows_credits_and_last_day_first(client, redemption, account):
    page = client.get(url(redemption, "cancel")).text
    assert "200 credits can be used until 10 March 2027" in page
    assert ledger.balance(account=account).redeemed == 200


def test_cancelling_returns_the_credits(client, redemption, account):
    answer = client.post(url(redemption, "cancel"), follow=True)
    assert "cancelled" in answer.text
    assert ledger.balance(account=account).available == 1_000


def test_one_participant_can_be_cancelled(client, redemption, account):
    bo = place_of(redemption, "Bo")
    client.post(url(redemption, "cancel") + f"?place={bo.pk}")
    assert ledger.balance(account=account).redeemed == 100
    assert Redemption.objects.get().is_confirmed


def test_the_place_of_another_registration_is_not_found(client, redemption, account):
    other = register(account, session=TrainingSessionFactory(), names=["cy"])
    path = url(redemption, "cancel") + f"?place={place_of(other, 'Cy').pk}"
    assert client.post(path).status_code == 404


@pytest.mark.parametrize("act", ["cancel", "date", "replace", "give-up", "correct"])
def test_what_is_over_already_is_explained(client, redemption, account, act):
    bo = place_of(redemption, "Bo")
    client.post(url(redemption, "cancel") + f"?place={bo.pk}")
    client.force_login(account.owner)
    answer = client.post(url(redemption, act) + f"?place={bo.pk}", follow=True)
    assert "This place can no longer be changed." in answer.text
    assert ledger.balance(account=account).redeemed == 100


def test_a_double_click_on_cancel_is_explained(client, redemption, account):
    client.post(url(redemption, "cancel"))
    answer = client.post(url(redemption, "cancel"), follow=True)
    assert "This place can no longer be changed." in answer.text
    assert ledger.balance(account=account).available == 1_000


def test_the_earliest_cut_off_of_several_dates_is_named(client, redemption):
    near = TrainingSessionFactory(
        training=redemption.training, starts_at=clock.now() + timedelta(days=20)
    )
    bo = place_of(redemption, "Bo")
    client.post(url(redemption, "date") + f"?place={bo.pk}", {"session": near.pk})
    until = formats.moment(near.starts_at - timedelta(days=14), near.zone)
    assert f"until {until}" in client.get(url(redemption)).text
    assert f"The last moment to cancel is {until}" in client.get(url(redemption, "cancel")).text


def test_credits_that_returned_are_told_beside_the_price(client, redemption):
    client.post(url(redemption, "cancel") + f"?place={place_of(redemption, 'Bo').pk}")
    assert "200 credits, 100 of them returned" in client.get(url(redemption)).text


def test_a_place_passed_on_returns_no_credits(client, redemption):
    replace(redemption=redemption, place=place_of(redemption, "Bo"), person=people("cy")[0])
    assert "of them returned" not in client.get(url(redemption)).text


def test_replacing_in_a_waiting_request_says_who_is_told(client, waiting):
    page = client.get(url(waiting, "replace") + f"?place={place_of(waiting, 'Ann').pk}").text
    assert "the new participant is told once it is approved" in page


def test_past_the_cut_off_the_page_says_so(client, redemption, account, moving_clock):
    moving_clock.advance(days=20)
    answer = client.post(url(redemption, "cancel"), follow=True)
    assert "The last moment to cancel has passed." in answer.text
    assert ledger.balance(account=account).redeemed == 200


def test_past_the_cut_off_the_registration_names_it(client, redemption, moving_clock):
    session = redemption.session
    moving_clock.advance(days=20)
    until = formats.moment(session.starts_at - timedelta(days=14), session.zone)
    assert f"was possible until {until}" in client.get(url(redemption)).text


def test_past_the_cut_off_a_place_can_be_given_up(client, redemption, moving_clock):
    moving_clock.advance(days=20)
    bo = place_of(redemption, "Bo")
    assert "no credits return" in client.get(url(redemption, "give-up") + f"?place={bo.pk}").text
    client.post(url(redemption, "give-up") + f"?place={bo.pk}")
    assert place_of(redemption, "Bo").status == "missed"


def test_a_place_moves_to_another_date(client, redemption):
    other = TrainingSessionFactory(training=redemption.training)
    path = url(redemption, "date")
    assert str(other) in client.get(path).text
    client.post(path, {"session": other.pk})
    assert set(Registration.objects.values_list("session", flat=True)) == {other.pk}


def test_without_another_date_the_page_says_so(client, redemption):
    assert "No other date has enough seats." in client.get(url(redemption, "date")).text


def test_a_participant_is_replaced(client, redemption):
    path = url(redemption, "replace") + f"?place={place_of(redemption, 'Bo').pk}"
    answer = client.post(path, {"name": "Cy", "email": "cy@example.com"}, follow=True)
    assert "in place of Bo" in answer.text


def test_somebody_registered_cannot_replace(client, redemption):
    path = url(redemption, "replace") + f"?place={place_of(redemption, 'Bo').pk}"
    answer = client.post(path, {"name": "Ann", "email": "ann@example.com"})
    assert list(answer.context["form"].errors) == ["email"]


def test_a_waiting_request_is_taken_back(client, waiting):
    answer = client.post(url(waiting, "withdraw"), follow=True)
    assert "taken back" in answer.text
    assert ledger.balance(account=waiting.account).held == 0


def test_taking_back_a_decided_request_is_explained(client, waiting):
    confirm(redemption=waiting, actor=waiting.account.owner)
    answer = client.post(url(waiting, "withdraw"), follow=True)
    assert "no longer waiting" in answer.text


def test_a_waiting_page_says_who_decides_and_by_when(client, waiting):
    page = client.get(url(waiting)).text
    assert waiting.account.owner.name in page
    assert "17 March 2026" in page


def test_a_declined_request_shows_the_reason_and_can_be_asked_again(client, waiting):
    decline(redemption=waiting, actor=waiting.account.owner, reason="Wait for <May>.")
    assert "Wait for &lt;May&gt;." in client.get(url(waiting)).text
    form = client.post(url(waiting, "again"), follow=True)
    assert 'value="ann@example.com"' in form.text


def test_the_sender_corrects_the_address_within_the_hour(client, redemption, moving_clock):
    remember(client, redemption)
    assert "Correct it" in client.get(url(redemption)).text
    old = url(redemption)
    answer = client.post(url(redemption, "correct"), {"email": "ann@other.example"}, follow=True)
    assert "ann@other.example" in answer.text
    assert client.get(old).status_code == 404
    moving_clock.advance(hours=1)
    redemption.refresh_from_db()
    assert client.get(url(redemption, "correct")).status_code == 404


def test_a_corrected_address_gets_the_mail_again(client, redemption):
    remember(client, redemption)
    client.post(url(redemption, "correct"), {"email": "ann@other.example"})
    mail = OutboundMail.objects.get(recipient="ann@other.example")
    assert mail.name == "redemption.confirmed"


def test_nobody_else_corrects_the_address(client, redemption):
    assert client.post(url(redemption, "correct"), {"email": "eve@example.com"}).status_code == 404


def test_the_owner_corrects_the_address_later(client, redemption):
    client.force_login(redemption.account.owner)
    client.post(url(redemption, "correct"), {"email": "ann@other.example"})
    redemption.refresh_from_db()
    assert redemption.email == "ann@other.example"


def test_a_participants_address_is_corrected(client, redemption):
    remember(client, redemption)
    bo = place_of(redemption, "Bo")
    old = url(bo)
    client.post(url(redemption, "correct") + f"?place={bo.pk}", {"email": "bo@other.example"})
    assert place_of(redemption, "Bo").email == "bo@other.example"
    assert client.get(old).status_code == 404


def remember(client, redemption):
    """Make this browser the one that sent the registration."""
    session = client.session
    session["sent_registrations"] = {str(redemption.pk): clock.now().timestamp()}
    session.save()


def test_a_course_is_started_and_finished(client, account):
    redemption = register(account, training=CourseFactory())
    page = client.get(url(redemption)).text
    assert "learn.example.com" not in page
    assert "learn.example.com" in client.post(url(redemption, "start"), follow=True).text
    client.post(url(redemption, "finish"))
    assert place_of(redemption, "Ann").status == "attended"


def test_a_participant_starts_the_own_course(client, account):
    redemption = register(account, training=CourseFactory(), names=("ann", "bo"))
    client.post(url(place_of(redemption, "Bo"), "start"))
    assert place_of(redemption, "Bo").started_at
    assert not place_of(redemption, "Ann").started_at


def test_a_started_course_cannot_be_cancelled(client, account):
    redemption = register(account, training=CourseFactory())
    client.post(url(redemption, "start"))
    client.post(url(redemption, "cancel"))
    assert ledger.balance(account=account).redeemed == 100


def test_joining_details_are_shown_once_the_place_is_booked(client, redemption, waiting):
    assert "meet.example.com" in client.get(url(redemption)).text
    assert "meet.example.com" not in client.get(url(waiting)).text


def test_the_links_are_mailed_with_the_same_reply_for_everyone(client, redemption):
    known = client.post("/registrations/find/", {"email": "ann@example.com"}).text
    unknown = client.post("/registrations/find/", {"email": "eve@example.com"}).text
    assert known.replace("ann@", "eve@") == unknown


def test_an_address_gets_five_mails_of_links_an_hour(client, moving_clock):
    for _ in range(7):
        client.post("/registrations/find/", {"email": "ann@example.com"})
        moving_clock.advance(minutes=1)
    assert OutboundMail.objects.filter(name="redemption.links").count() == 5


@pytest.mark.parametrize("page", ["cancel", "date"])
def test_expired_credits_are_told_before_the_click(client, moving_clock, page):
    account = funded_account(0)
    add_lot(account, 100, days=40)
    session = TrainingSessionFactory(starts_at=moving_clock.moment.replace(month=4, day=15))
    redemption = register(account, session=session)
    session.moved_at = moving_clock.moment.replace(month=4, day=10)
    session.starts_at = session.starts_at.replace(month=5)
    session.ends_at = session.ends_at.replace(month=5)
    session.save()
    moving_clock.set(2026, 4, 24, 13)
    assert "they expire as they return" in client.get(url(redemption, page)).text


def test_a_participant_who_was_replaced_is_shown_as_such(client, redemption):
    replace(redemption=redemption, place=place_of(redemption, "Bo"), person=people("cy")[0])
    text = client.get(url(redemption)).text
    assert '<span class="tag quiet">replaced</span>' in text
    assert "in place of Bo" in text


@pytest.mark.parametrize("name", ["", "Bo"])
def test_a_moved_class_says_so_with_the_reason(client, redemption, name):
    session = redemption.session
    move_session(
        session=session,
        starts_at=session.starts_at + timedelta(days=1),
        ends_at=session.ends_at + timedelta(days=1),
        notice="The hall is closed.",
    )
    page = client.get(url(place_of(redemption, name) if name else redemption)).text
    assert "it was to start on 9 April 2026, 14:00 CEST" in page
    assert "The reason given: The hall is closed." in page


def test_a_registration_whose_places_are_all_over_says_so(client, redemption, moving_clock):
    moving_clock.advance(days=31)
    mark_attendance(session=redemption.session, attended=set())
    page = client.get(url(redemption)).text
    assert "This registration is over" in page
    assert "Confirmations are on their way" not in page


def test_a_training_that_is_gone_is_not_asked_for_again(client, waiting):
    decline(redemption=waiting, actor=waiting.account.owner, reason="No")
    assert "Ask again" in client.get(url(waiting)).text
    waiting.training.is_active = False
    waiting.training.save()
    assert "Ask again" not in client.get(url(waiting)).text


def test_a_delegate_who_asks_is_not_named_among_those_who_decide(client, account):
    delegate = DelegateFactory(account=account, email="dana@example.com", active=True)
    CreditAccount.objects.filter(pk=account.pk).update(requires_approval=True)
    terms = {"session": TrainingSessionFactory(), "names": ("bo",)}
    account.refresh_from_db()
    mine = register(account, registrant=Person("Dana", delegate.email), **terms)
    page = " ".join(client.get(url(mine)).text.split())
    assert f"can decide: {account.owner.name}." in page
