"""Two-step sign-in: for whoever wants it, and required of staff outside DEBUG."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet
from django.core.cache import cache

from accounts import second_factors
from accounts.models import User

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def staff(settings):
    settings.STAFF_SECOND_FACTOR = True
    return person("staff@example.com", is_staff=True, is_superuser=True)


def person(email, **fields):
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def app_code(secret=SECRET):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def sign_in(client, email):
    return client.post("/sign-in/", {"login": email, "password": PASSWORD})


def test_staff_without_a_second_factor_are_sent_to_set_it_up(client, staff):
    client.force_login(staff)

    assert client.get("/admin/").url == "/me/2fa/totp/activate/"


def test_staff_with_a_second_factor_reach_the_administration(client, staff):
    TOTP.activate(staff, SECRET)
    client.force_login(staff)

    assert client.get("/admin/").status_code == 200


def test_staff_still_use_the_rest_of_the_portal_without_it(client, staff):
    client.force_login(staff)

    assert client.get("/me/2fa/").status_code == 200


def test_in_development_staff_go_without(client, staff, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(staff)

    assert client.get("/admin/").status_code == 200


def test_whoever_is_no_staff_is_refused_the_administration(client, staff):
    client.force_login(person("ana@example.com"))

    assert client.get("/admin/").status_code in {302, 403}


def test_the_password_alone_does_not_sign_in_beside_a_second_factor(client):
    TOTP.activate(person("ana@example.com"), SECRET)
    response = sign_in(client, "ana@example.com")

    assert response.url == "/me/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_the_apps_code_completes_signing_in(client):
    TOTP.activate(person("ana@example.com"), SECRET)
    page = sign_in(client, "ana@example.com").url
    client.post(page, {"code": app_code()})

    assert "_auth_user_id" in client.session


def test_a_wrong_code_says_what_to_do(client):
    TOTP.activate(person("ana@example.com"), SECRET)
    page = sign_in(client, "ana@example.com").url

    assert "Enter the one that the app shows now." in client.post(page, {"code": "000"}).text


def test_setting_up_turns_it_on(client):
    ana = person("ana@example.com")
    sign_in(client, "ana@example.com")
    client.post("/me/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/me/2fa/totp/activate/").context["form"].secret
    client.post("/me/2fa/totp/activate/", {"code": app_code(secret)})

    assert Authenticator.objects.filter(user=ana, type="totp").exists()


def test_the_secret_is_encrypted_at_rest(client):
    TOTP.activate(person("ana@example.com"), SECRET)

    assert SECRET not in str(Authenticator.objects.get().data)


def test_secrets_move_to_a_new_key(client, settings):
    old = settings.PASSKEY_KEYS
    TOTP.activate(person("ana@example.com"), SECRET)
    settings.PASSKEY_KEYS = [Fernet.generate_key().decode(), *old]
    second_factors.rotate()
    settings.PASSKEY_KEYS = settings.PASSKEY_KEYS[:1]

    assert Authenticator.objects.get().wrap().validate_code(app_code())


def test_staff_cannot_turn_it_off(client, staff):
    TOTP.activate(staff, SECRET)
    page = sign_in(client, "staff@example.com").url
    client.post(page, {"code": app_code()})
    client.post("/me/reauthenticate/", {"password": PASSWORD})
    client.post("/me/2fa/totp/deactivate/")

    assert Authenticator.objects.filter(type="totp").exists()


@pytest.mark.parametrize("path", ["/me/2fa/", "/me/email/", "/me/password/set/", "/me/logout/"])
def test_the_pages_of_ones_sign_in_open(client, path):
    user = User.objects.create_user("ana@example.com")
    client.force_login(user)

    assert client.get(path).status_code == 200
