"""Signing up and in: an address, then a code by mail or a password."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse

from accounts.models import User
from credits_portal.outbox.models import OutboundMail
from tests.mailbox import assert_good_mail, mail_to, mails_to

pytestmark = pytest.mark.django_db

SIGN_IN = "/sign-in/"
SIGN_UP = "/sign-up/"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def ana():
    user = User.objects.create_user("ana@example.com", "correct horse battery")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def code_for(address):
    return re.search(r"^\s+(\d{6})$", mail_to(address).body, re.MULTILINE)[1]


def signed_in_as(client):
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).email if pk else None


def sign_up(client, address="new@example.com", path=SIGN_UP):
    response = client.post(path, {"email": address})
    return client.post(response.url, {"code": code_for(address)})


def test_an_address_and_the_code_mailed_to_it_are_enough_to_sign_up(client):
    sign_up(client)

    assert signed_in_as(client) == "new@example.com"


def test_signing_up_returns_to_what_one_was_doing(client):
    response = sign_up(client, path=SIGN_UP + "?next=/buy/%3Fcredits%3D18000")

    assert response.url == "/buy/?credits=18000"


def test_before_the_code_nobody_is_signed_in(client):
    client.post(SIGN_UP, {"email": "new@example.com"})

    assert client.get("/accounts/").status_code == 302
    assert signed_in_as(client) is None


def test_a_new_address_is_kept_in_lower_case(client):
    sign_up(client, "New.Person@Example.COM")

    assert User.objects.get().email == "new.person@example.com"


def test_the_password_signs_in(client, ana):
    client.post(SIGN_IN, {"login": "ana@example.com", "password": "correct horse battery"})

    assert signed_in_as(client) == "ana@example.com"


def test_the_address_is_matched_without_case(client, ana):
    client.post(SIGN_IN, {"login": "ANA@Example.com", "password": "correct horse battery"})

    assert signed_in_as(client) == "ana@example.com"


def test_a_wrong_password_says_how_to_go_on(client, ana):
    response = client.post(SIGN_IN, {"login": "ana@example.com", "password": "wrong"})

    assert "leave the password empty and we mail you a code" in response.text


def test_without_a_password_a_code_signs_in(client, ana):
    response = client.post(SIGN_IN + "?next=/approvals/", {"login": "ana@example.com"})
    response = client.post(response.url, {"code": code_for("ana@example.com")})

    assert (signed_in_as(client), response.url) == ("ana@example.com", "/approvals/")


def test_a_wrong_code_signs_nobody_in(client, ana):
    response = client.post(SIGN_IN, {"login": "ana@example.com"})
    wrong = "000000" if code_for("ana@example.com") != "000000" else "111111"
    response = client.post(response.url, {"code": wrong})

    assert "not the code we mailed" in response.text
    assert signed_in_as(client) is None


def test_after_three_wrong_codes_the_right_one_is_worth_nothing(client, ana):
    page = client.post(SIGN_IN, {"login": "ana@example.com"}).url
    right = code_for("ana@example.com")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(3):
        client.post(page, {"code": wrong})
    client.post(page, {"code": right})

    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "javascript:alert(1)"]
)
def test_next_stays_on_the_site(client, ana, target):
    response = client.post(
        SIGN_IN,
        {"login": "ana@example.com", "password": "correct horse battery", "next": target},
    )

    assert response.url == "/accounts/"


def answer(client, path, fields):
    """Return what the outside sees: status, target, and the page with the address left out."""
    response = client.post(path, fields)
    page = client.get(response.url) if response.status_code == 302 else response
    [address] = fields.values()
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text)
    return response.status_code, response.get("Location"), text.replace(address, "ADDRESS")


@pytest.mark.parametrize(
    ("path", "field"), [(SIGN_IN, "login"), (SIGN_UP, "email"), ("/me/password/reset/", "email")]
)
def test_known_and_unknown_addresses_get_the_same_answer(client, ana, path, field):
    known = answer(client, path, {field: "ana@example.com"})
    client.cookies.clear()
    unknown = answer(client, path, {field: "nobody@example.com"})

    assert known == unknown


@pytest.mark.parametrize(
    ("path", "field"), [(SIGN_IN, "login"), (SIGN_UP, "email"), ("/me/password/reset/", "email")]
)
@pytest.mark.parametrize("address", ["ana@example.com", "nobody@example.com"])
def test_the_sixth_mail_to_an_address_within_an_hour_is_refused(client, ana, path, field, address):
    statuses = []
    for _ in range(6):
        cache.clear()
        client.cookies.clear()
        statuses.append(client.post(path, {field: address}).status_code)

    assert statuses == [302] * 5 + [429]
    assert OutboundMail.objects.filter(recipient=address).count() == 5


def test_a_code_that_was_refused_to_be_mailed_signs_nobody_in(client, ana):
    for _ in range(6):
        cache.clear()
        client.cookies.clear()
        response = client.post(SIGN_IN, {"login": "ana@example.com"})

    assert "account_login" not in client.session
    assert response.status_code == 429


def test_an_unverified_address_does_not_sign_in_by_password(client):
    User.objects.create_user("ben@example.com", "correct horse battery")
    client.post(SIGN_IN, {"login": "ben@example.com", "password": "correct horse battery"})

    assert signed_in_as(client) is None


def test_a_user_made_by_staff_proves_the_address_at_the_first_sign_in(client):
    User.objects.create_user("ben@example.com", "correct horse battery")
    fields = {"login": "ben@example.com", "password": "correct horse battery"}
    page = client.post(SIGN_IN, fields).url
    client.post(page, {"code": code_for("ben@example.com")})

    assert signed_in_as(client) == "ben@example.com"
    assert EmailAddress.objects.get().verified


def test_a_lost_password_is_replaced_by_code(client, ana):
    page = client.post("/me/password/reset/", {"email": "ana@example.com"}).url
    page = client.post(page, {"code": code_for("ana@example.com")}).url
    client.post(page, {"password1": "a new long sentence"})

    ana.refresh_from_db()
    assert ana.check_password("a new long sentence")


def test_a_new_password_is_told_to_its_person(client, ana):
    test_a_lost_password_is_replaced_by_code(client, ana)

    assert "Your password was" in mail_to("ana@example.com").body


def test_a_new_address_counts_only_once_its_code_is_entered(client, ana):
    client.force_login(ana)
    reauthenticate(client)
    client.post("/me/email/", {"email": "Ana.New@example.com", "action_add": "1"})

    ana.refresh_from_db()
    assert ana.email == "ana@example.com"


def test_a_proven_new_address_replaces_the_old_one_in_lower_case(client, ana):
    client.force_login(ana)
    reauthenticate(client)
    page = client.post("/me/email/", {"email": "Ana.New@example.com", "action_add": "1"}).url
    client.post(page, {"code": code_for("ana.new@example.com")})

    ana.refresh_from_db()
    assert ana.email == "ana.new@example.com"
    assert [(entry.email, entry.verified) for entry in EmailAddress.objects.all()] == [
        ("ana.new@example.com", True)
    ]


def test_the_old_address_is_told_of_the_new_one(client, ana):
    test_a_proven_new_address_replaces_the_old_one_in_lower_case(client, ana)

    assert "ana.new@example.com" in mail_to("ana@example.com").body


def reauthenticate(client):
    client.post("/me/reauthenticate/", {"password": "correct horse battery"})


def test_a_code_stands_in_no_row_once_it_is_mailed(client, ana):
    client.post(SIGN_IN, {"login": "ana@example.com"})
    code = code_for("ana@example.com")

    assert code not in str(OutboundMail.objects.values())


def test_a_code_is_not_mailed_after_it_has_run_out(client, ana, moving_clock):
    client.post(SIGN_IN, {"login": "ana@example.com"})
    moving_clock.advance(minutes=16)

    assert mails_to("ana@example.com") == []


@pytest.mark.parametrize(
    ("path", "field", "address"),
    [
        (SIGN_IN, "login", "ana@example.com"),
        (SIGN_IN, "login", "nobody@example.com"),
        (SIGN_UP, "email", "ana@example.com"),
        (SIGN_UP, "email", "nobody@example.com"),
        ("/me/password/reset/", "email", "ana@example.com"),
    ],
)
def test_every_mail_of_signing_in_is_a_good_mail(client, ana, path, field, address):
    client.post(path, {field: address})

    assert_good_mail(mail_to(address))


def test_a_notice_of_change_is_a_good_mail(client, ana):
    test_a_lost_password_is_replaced_by_code(client, ana)

    assert_good_mail(mail_to("ana@example.com"))


def test_mails_lead_to_the_configured_origin_whatever_the_host_says(client, ana, settings):
    settings.ALLOWED_HOSTS = ["other.example"]
    client.post(SIGN_IN, {"login": "nobody@example.com"}, headers={"host": "other.example"})

    assert "other.example" not in mail_to("nobody@example.com").body


def test_allauths_own_sign_in_address_leads_to_ours(client):
    response = client.get("/me/login/?next=/buy/")

    assert response.url == "/sign-in/?next=/buy/"


def test_the_administration_signs_in_by_the_same_door(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2F"


def test_links_of_the_names_lead_to_our_addresses():
    assert [reverse("account_login"), reverse("account_signup")] == [SIGN_IN, SIGN_UP]


@pytest.mark.parametrize("local_part", [245, 300])
@pytest.mark.parametrize(
    ("path", "field"),
    [("/sign-in/", "login"), ("/sign-up/", "email"), ("/me/password/reset/", "email")],
)
def test_an_address_that_no_row_can_hold_is_refused_at_its_field(client, path, field, local_part):
    response = client.post(path, {field: "x" * local_part + "@a.example"})

    assert field in response.context["form"].errors
