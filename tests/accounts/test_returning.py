"""No page of signing in is a dead end, and each way in leads back to what one was doing."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache

from accounts.models import User
from tests.mailbox import mail_to

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
CHECK = "/buy/check/"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def ana():
    user = User.objects.create_user("ana@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def code_for(address):
    return re.search(r"^\s+(\d{6})$", mail_to(address).body, re.MULTILINE)[1]


def start_again(client, page):
    """Press the button of a code's page, and return the page it leads to."""
    again = re.search(r'action="/me/logout/">.*?name="next" value="([^"]+)"', page, re.DOTALL)[1]
    return client.get(client.post("/me/logout/", {"next": again}).url)


@pytest.mark.parametrize(
    ("path", "fields", "title"),
    [
        ("/sign-up/", {"email": "typo@example.com"}, "Sign up"),
        ("/sign-up/", {"email": "ana@example.com"}, "Sign up"),
        ("/sign-in/", {"login": "ana@example.com"}, "Sign in"),
        ("/sign-in/", {"login": "nobody@example.com"}, "Sign in"),
        ("/me/password/reset/", {"email": "ana@example.com"}, "Choose a new password"),
    ],
)
def test_a_mistyped_address_is_given_anew(client, ana, path, fields, title):
    page = client.get(client.post(path, fields).url)

    assert f"<h1>{title}</h1>" in start_again(client, page.text).text


def test_the_second_step_can_be_left_for_another_address(client, ana):
    TOTP.activate(ana, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    page = client.get(
        client.post("/sign-in/", {"login": "ana@example.com", "password": PASSWORD}).url
    )

    assert "<h1>Sign in</h1>" in start_again(client, page.text).text


def test_starting_again_still_returns_to_what_one_was_doing(client):
    page = client.get(client.post(f"/sign-up/?next={CHECK}", {"email": "typo@example.com"}).url)
    start_again(client, page.text)
    code_page = client.post("/sign-up/", {"email": "new@example.com"}).url

    assert client.post(code_page, {"code": code_for("new@example.com")}).url == CHECK


def test_starting_again_keeps_the_order_that_is_on_its_way(client):
    client.post("/buy/", {"credits": "20000", "account_name": "Acme"})
    page = client.get(client.post(f"/sign-up/?next={CHECK}", {"email": "typo@example.com"}).url)
    start_again(client, page.text)

    assert client.get("/buy/method/").status_code == 200


def test_whoever_signs_up_a_second_time_signs_in_and_returns(client, ana):
    page = client.get(client.post(f"/sign-up/?next={CHECK}", {"email": "ana@example.com"}).url)
    start_again(client, page.text)
    answer = client.post("/sign-in/", {"login": "ana@example.com", "password": PASSWORD})

    assert answer.url == CHECK


def test_a_lost_password_returns_to_what_one_was_doing(client, ana):
    page = client.get(f"/sign-in/?next={CHECK}").text
    reset = re.search(r'href="(/me/password/reset/[^"]*)"', page)[1]
    code_page = client.post(reset, {"email": "ana@example.com"}).url
    new_page = client.post(code_page, {"code": code_for("ana@example.com")}).url

    assert client.post(new_page, {"password1": "another fine phrase"}).url == CHECK


def test_another_site_is_not_remembered(client, ana):
    client.post("/sign-in/?next=//evil.example", {"login": "ana@example.com", "password": "wrong"})
    answer = client.post("/sign-in/", {"login": "ana@example.com", "password": PASSWORD})

    assert answer.url == "/accounts/"


def test_what_one_returned_to_is_forgotten(client, ana):
    client.post(f"/sign-in/?next={CHECK}", {"login": "ana@example.com", "password": PASSWORD})

    assert client.get("/sign-in/").url == "/accounts/"


CODE_PAGES = ["/me/confirm-email/", "/me/login/code/confirm/", "/me/password/reset/confirm/"]
OVER = "That code has run out, or was asked for in another browser."


@pytest.mark.parametrize("page", CODE_PAGES)
def test_a_code_page_opened_in_another_browser_explains_itself(client, page):
    assert OVER in client.get(page, follow=True).text


def test_a_code_that_has_run_out_is_explained(client, settings):
    page = client.post("/sign-up/", {"email": "new@example.com"}).url
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = -1

    code = code_for("new@example.com")
    assert OVER in client.post(page, {"code": code}, follow=True).text


def test_three_wrong_codes_are_explained_once(client, ana):
    page = client.post("/sign-in/", {"login": "ana@example.com"}).url
    answers = [client.post(page, {"code": "wrong"}, follow=True).text for _ in range(3)]

    assert ("Too many tries" in answers[2], OVER in answers[2]) == (True, False)


def test_whoever_is_signed_in_is_told_nothing_of_codes(client, ana):
    client.force_login(ana)

    assert OVER not in client.get("/me/login/code/confirm/", follow=True).text
