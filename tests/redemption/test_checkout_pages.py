import re
from datetime import timedelta

import pytest

from accounts import ledger, passkeys
from credits_portal.outbox.models import OutboundMail
from redemption.models import Redemption
from redemption.services import move_session
from tests.factories.accounts import DelegateFactory
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
    TrainingSessionFactory,
    add_lot,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def account(moving_clock):
    return funded_account()


@pytest.fixture
def session(moving_clock):
    return TrainingSessionFactory()


def code(account):
    return passkeys.reveal(account.passkeys.get(replaced_at=None))


def filled(account, session=None, /, *, others=(), **fields):
    """Return the form as Ann fills it in, with `others` as (name, address)."""
    data = {
        "name": "Ann",
        "email": "ann@example.com",
        "passkey": code(account),
        "attending": "on",
        "people-TOTAL_FORMS": str(len(others)),
        "people-INITIAL_FORMS": "0",
    }
    if session:
        data["session"] = str(session.pk)
    for number, (name, email) in enumerate(others):
        data |= {f"people-{number}-name": name, f"people-{number}-email": email}
    return {name: value for name, value in (data | fields).items() if value is not None}


def send(client, account, session, /, **fields):
    return client.post(
        f"/training/{session.training.slug}/register/", filled(account, session, **fields)
    )


def check_page(client, account, session, /, **fields):
    answer = send(client, account, session, **fields)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def errors_of(answer):
    return {name: list(texts) for name, texts in answer.context["form"].errors.items()}


def test_two_pages_lead_from_the_form_to_the_registration(client, account, session):
    check = check_page(client, account, session)
    answer = client.post(check, follow=True)
    assert answer.status_code == 200
    assert "You are registered" in answer.text
    assert Redemption.objects.get().is_confirmed


def test_a_single_attendee_fills_in_three_fields(client, session):
    page = client.get(f"/training/{session.training.slug}/register/?session={session.pk}").text
    typed = re.findall(r'<input type="(?:text|email)" name="(\w+)"', page)
    assert typed == ["name", "email", "passkey"]


def test_the_passkey_field_is_plain_text_for_no_password_manager(client, session):
    page = client.get(f"/training/{session.training.slug}/register/").text
    field = re.search(r'<input[^>]*name="passkey"[^>]*>', page)[0]
    assert 'type="text"' in field
    assert 'autocomplete="off"' in field


def test_nothing_is_spent_before_the_check_page_is_sent(client, account, session):
    client.get(check_page(client, account, session))
    assert ledger.balance(account=account).redeemed == 0
    assert not Redemption.objects.exists()


def test_the_check_page_tells_price_and_last_moment_to_cancel(client, account, session):
    page = client.get(check_page(client, account, session)).text
    assert "100 credits" in page
    assert "No approval is needed" in page
    assert "until 26 March 2026, 13:00 CET" in page


def test_the_check_page_tells_who_approves_and_by_when(client, session):
    account = funded_account(requires_approval=True)
    page = client.get(check_page(client, account, session)).text
    assert "This needs approval" in page
    assert account.owner.name in page
    assert "17 March 2026" in page


def test_with_approval_the_registration_waits(client, session):
    account = funded_account(requires_approval=True)
    answer = client.post(check_page(client, account, session), follow=True)
    assert "Waiting for approval" in answer.text
    assert ledger.balance(account=account).held == 100


def test_the_passkey_stands_in_no_page_address_or_session(client, account, session):
    check = check_page(client, account, session)
    answer = client.post(check, follow=True)
    text = code(account)
    for place in (check, client.get(check).text, answer.text, str(dict(client.session))):
        assert text not in place
        assert text.replace("-", "") not in place


def test_three_participants_are_registered_at_once(client, account, session):
    others = [("Bo", "bo@example.com"), ("Cy", "cy@example.com")]
    client.post(check_page(client, account, session, others=others))
    names = Redemption.objects.get().registrations.values_list("name", flat=True)
    assert list(names) == ["Ann", "Bo", "Cy"]


def test_add_participant_works_without_script_and_keeps_what_was_typed(client, account, session):
    answer = send(client, account, session, others=[("Bo", "bo@example.com")], add="1")
    assert 'name="people-1-email"' in answer.text
    assert 'value="bo@example.com"' in answer.text
    assert 'value="Ann"' in answer.text


def test_an_empty_row_is_nobody(client, account, session):
    client.post(check_page(client, account, session, others=[("", "")]))
    assert Redemption.objects.get().registrations.count() == 1


def test_an_empty_row_that_the_server_added_is_nobody(client, account, session):
    fields = {"others": [("", "")], "people-INITIAL_FORMS": "1"}
    client.post(check_page(client, account, session, **fields))
    assert Redemption.objects.get().registrations.count() == 1


def test_a_row_half_filled_in_is_refused_at_its_field(client, account, session):
    answer = send(client, account, session, others=[("Bo", "")])
    assert answer.context["formset"].errors[0].keys() == {"email"}


def test_a_row_added_by_the_server_has_the_focus(client, account, session):
    page = send(client, account, session, add="1").text
    assert re.findall(r'<input[^>]*name="([^"]+)"[^>]*\bautofocus', page) == ["people-0-name"]


def test_a_registrant_may_send_others_only(client, account, session):
    others = [("Bo", "bo@example.com")]
    client.post(check_page(client, account, session, others=others, attending=None))
    assert Redemption.objects.get().registrations.get().name == "Bo"


def test_somebody_must_attend(client, account, session):
    answer = send(client, account, session, attending=None)
    assert errors_of(answer) == {"attending": ["Tick this, or add a participant."]}


def test_an_unknown_passkey_is_refused_at_its_field(client, account, session):
    other = funded_account()
    text = code(other)
    other.passkeys.all().delete()
    assert list(errors_of(send(client, account, session, passkey=text))) == ["passkey"]


def test_unknown_replaced_and_frozen_are_one_refusal(client, session):
    gone, replaced, frozen = funded_account(), funded_account(), funded_account()
    texts = [code(gone), code(replaced), code(frozen)]
    gone.passkeys.all().delete()
    passkeys.replace(account=replaced, actor=replaced.owner)
    type(frozen).objects.filter(pk=frozen.pk).update(status="frozen")
    answers = [send(client, replaced, session, passkey=text) for text in texts]
    assert len({str(errors_of(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("text", ["' OR 1=1 --", "{{ 7 }}", "\x00", "A" * 100_000, "\ud800"])
def test_a_hostile_passkey_is_a_plain_refusal(client, account, session, text):
    sent = text.encode("utf-8", "surrogatepass").decode("latin-1") if text == "\ud800" else text
    answer = send(client, account, session, passkey=sent)
    assert answer.status_code == 200
    assert list(errors_of(answer)) == ["passkey"]


def test_a_source_that_guesses_is_told_to_wait(client, account, session):
    other = funded_account()
    text = code(other)
    other.passkeys.all().delete()
    for _ in range(10):
        assert send(client, account, session, passkey=text).status_code == 200
    assert send(client, account, session, passkey=text).status_code == 429
    assert send(client, account, session).status_code == 302


def test_a_passkey_in_the_query_string_is_not_accepted(client, account, session):
    path = f"/training/{session.training.slug}/register/?passkey={code(account)}"
    assert code(account) not in client.get(path).text
    assert list(errors_of(client.post(path, filled(account, session, passkey="")))) == ["passkey"]


def test_extra_fields_change_nothing(client, account, session):
    other = funded_account()
    check = check_page(client, account, session, credits="1", account=str(other.pk))
    client.post(check, {"credits": "1", "status": "confirmed", "account": other.pk})
    assert Redemption.objects.get().account == account
    assert Redemption.objects.get().credits == 100


def test_a_participant_who_is_registered_is_refused_at_the_row(client, account, session):
    register(account, session=session, names=["bo"])
    answer = send(client, account, session, others=[("Bo", "bo@example.com")])
    assert answer.context["formset"].errors == [
        {"email": ["bo@example.com is already registered or waiting for this training."]}
    ]


def test_a_registrant_who_is_registered_is_refused_at_the_address(client, account, session):
    register(account, session=session)
    assert list(errors_of(send(client, account, session))) == ["email"]


def test_too_few_credits_are_refused_without_the_balance(client, session):
    account = funded_account(99)
    answer = send(client, account, session)
    assert list(errors_of(answer)) == ["passkey"]
    assert "99" not in str(errors_of(answer))
    assert OutboundMail.objects.get().recipient == account.owner.email


def test_a_full_date_is_refused_at_the_date(client, account):
    session = TrainingSessionFactory(seats=1)
    register(account, session=session, names=["bo"])
    assert list(errors_of(send(client, account, session))) == ["session"]


def test_a_date_that_is_none_is_refused_at_the_date(client, account, session):
    assert list(errors_of(send(client, account, session, session="0"))) == ["session"]


def test_a_refused_form_keeps_what_was_typed(client, account, session):
    page = send(client, account, session, email="nobody").text
    assert 'value="Ann"' in page
    assert 'value="nobody"' in page


def test_a_double_click_makes_one_registration(client, account, session):
    check = check_page(client, account, session)
    first, second = client.post(check), client.post(check)
    assert first["Location"] == second["Location"]
    assert Redemption.objects.count() == 1


def test_the_way_back_to_the_check_page_shows_the_first_result(client, account, session):
    check = check_page(client, account, session)
    first = client.post(check)
    assert client.get(check)["Location"] == first["Location"]


def test_another_browser_cannot_open_the_check_page(client, account, session):
    check = check_page(client, account, session)
    client.cookies.clear()
    assert client.get(check)["Location"].startswith(f"/training/{session.training.slug}/register/")


def test_a_change_keeps_the_passkey_for_an_hour(client, account, session, moving_clock):
    check = check_page(client, account, session)
    key = check.rstrip("/").rpartition("/")[2]
    path = f"/training/{session.training.slug}/register/?draft={key}"
    assert client.post(path, filled(account, session, passkey="")).status_code == 302
    moving_clock.advance(hours=1)
    assert client.post(path, filled(account, session, passkey="")).status_code == 200


def test_a_passkey_replaced_before_the_click_spends_nothing(client, account, session):
    check = check_page(client, account, session)
    passkeys.replace(account=account, actor=account.owner)
    assert "register" in client.post(check)["Location"]
    assert ledger.balance(account=account).redeemed == 0


def test_a_page_left_behind_by_a_new_passkey_says_what_to_do(client, account, session):
    check = check_page(client, account, session)
    passkeys.replace(account=account, actor=account.owner)
    page = client.post(check, follow=True).text
    assert "Nothing was spent. Enter the training passkey again to go on." in page


def test_a_page_of_another_browser_says_what_to_do(client, account, session):
    check = check_page(client, account, session)
    client.cookies.clear()
    assert "fill in the form again" in client.get(check, follow=True).text


def shown_terms(client, check):
    return client.get(check).context["form"]["terms"].value()


def test_a_page_with_the_terms_of_now_is_entered(client, account, session):
    check = check_page(client, account, session)
    client.post(check, {"terms": shown_terms(client, check)})
    assert Redemption.objects.get().is_confirmed


def test_a_price_that_the_page_did_not_show_is_not_paid(client, account, session):
    check = check_page(client, account, session)
    terms = shown_terms(client, check)
    session.training.credits = 150
    session.training.save()
    answer = client.post(check, {"terms": terms})
    assert answer.status_code == 409
    assert "Something has changed since this page was opened" in answer.text
    assert "150 credits" in answer.text
    assert ledger.balance(account=account).redeemed == 0


def test_a_class_moved_before_the_click_is_shown_anew(client, account, session):
    check = check_page(client, account, session)
    terms = shown_terms(client, check)
    later = {name: getattr(session, name) + timedelta(days=1) for name in ("starts_at", "ends_at")}
    move_session(session=session, notice="", **later)
    answer = client.post(check, {"terms": terms})
    assert answer.status_code == 409
    client.post(check, {"terms": answer.context["form"]["terms"].value()})
    assert Redemption.objects.get().is_confirmed


def test_people_changed_in_another_tab_are_shown_first(client, account, session):
    check = check_page(client, account, session)
    terms = shown_terms(client, check)
    path = f"/training/{session.training.slug}/register/?draft={check.rstrip('/')[-36:]}"
    client.post(path, filled(account, session, others=[("Bo", "bo@example.com")]))
    answer = client.post(check, {"terms": terms})
    assert "bo@example.com" in answer.text
    assert not Redemption.objects.exists()


def test_what_was_typed_is_kept_when_terms_have_changed(client, session):
    account = funded_account(asks_cost_centre=True)
    check = check_page(client, account, session)
    answer = client.post(check, {"terms": "others", "cost_centre": "4711"})
    assert answer.context["form"]["cost_centre"].value() == "4711"
    assert errors_of(answer) == {}


def test_an_earlier_finish_by_than_the_page_showed_is_asked_again(client):
    account, course = funded_account(0), CourseFactory()
    add_lot(account, days=9)
    check = client.post(f"/training/{course.slug}/register/", filled(account))["Location"]
    terms = shown_terms(client, check)
    add_lot(account, days=5)
    sent = {"terms": terms, "finish_by": "2026-03-19", "agreed": "on"}
    answer = client.post(check, sent)
    assert "Everybody will finish by 15 March 2026, in 5 days" in answer.text
    assert answer.context["form"]["finish_by"].value().isoformat() == "2026-03-15"


def test_seats_taken_before_the_click_are_told(client, account):
    session = TrainingSessionFactory(seats=1)
    check = check_page(client, account, session)
    register(funded_account(), session=session, names=["bo"])
    answer = client.post(check)
    assert "Every seat on this date is taken" in answer.text
    assert ledger.balance(account=account).redeemed == 0


def test_the_cost_centre_is_asked_where_the_account_asks(client, session):
    account = funded_account(asks_cost_centre=True)
    check = check_page(client, account, session)
    assert "Cost centre" in client.get(check).text
    client.post(check, {"cost_centre": "4711"})
    assert Redemption.objects.get().cost_centre == "4711"


def test_a_cost_centre_left_empty_is_asked_again(client, session):
    account = funded_account(asks_cost_centre=True)
    answer = client.post(check_page(client, account, session), {"cost_centre": ""})
    assert list(errors_of(answer)) == ["cost_centre"]
    assert not Redemption.objects.exists()


def test_an_early_finish_by_is_agreed_on_the_check_page(client):
    account, course = funded_account(0), CourseFactory()
    add_lot(account, days=9)
    path = f"/training/{course.slug}/register/"
    check = client.post(path, filled(account))["Location"]
    page = client.get(check).text
    assert "Everybody will finish by 19 March 2026, in 9 days" in page
    assert list(errors_of(client.post(check, {"finish_by": "2026-03-19"}))) == ["agreed"]
    client.post(check, {"finish_by": "2026-03-19", "agreed": "on"})
    assert Redemption.objects.get().is_confirmed


def test_the_signed_in_owner_is_not_asked_to_approve(client, session):
    account = funded_account(requires_approval=True)
    client.force_login(account.owner)
    client.post(check_page(client, account, session))
    assert Redemption.objects.get().is_confirmed


def test_pages_of_the_checkout_are_not_stored(client, account, session):
    check = check_page(client, account, session)
    assert "no-store" in client.get(check)["Cache-Control"]


def test_a_training_that_is_not_offered_is_not_found(client):
    training = TrainingFactory(is_active=False)
    assert client.get(f"/training/{training.slug}/register/").status_code == 404


def test_the_check_page_names_only_those_who_may_decide(client, session):
    account = funded_account(requires_approval=True)
    DelegateFactory(account=account, email="ann@example.com", name="Ann", active=True)
    DelegateFactory(account=account, email="dana@example.com", name="Dana", active=True)
    page = " ".join(client.get(check_page(client, account, session)).text.split())
    assert f"can decide: {account.owner.name}, Dana." in page
