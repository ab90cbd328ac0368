"""A person's own name and language."""

import pytest
from django.urls import reverse

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(client):
    user = UserFactory(email="dana@example.com", name="Dana")
    client.force_login(user)
    return user


@pytest.fixture
def two_languages(settings):
    settings.LANGUAGES = [("en-us", "English"), ("de", "Deutsch")]


def save(client, **posted):
    return client.post(reverse("accounts:profile"), posted, follow=True)


def test_the_profile_asks_to_sign_in(client):
    response = client.get("/me/")
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_the_menu_leads_to_the_profile(client, dana):
    assert 'href="/me/"' in client.get(reverse("accounts:list")).text


def test_the_profile_shows_the_name(client, dana):
    assert 'value="Dana"' in client.get("/me/").text


def test_the_name_is_saved(client, dana):
    page = save(client, name="  Dana Deputy ")
    dana.refresh_from_db()
    assert (dana.name, "Your profile is saved." in page.text) == ("Dana Deputy", True)


def test_without_a_name_the_address_stands_for_it(client, dana):
    save(client, name="")
    dana.refresh_from_db()
    assert dana.get_full_name() == "dana@example.com"


@pytest.mark.parametrize("name", ["x" * 151, "Da\x00na"])
def test_a_name_that_cannot_be_kept_is_refused_with_what_was_typed(client, dana, name):
    page = save(client, name=name)
    dana.refresh_from_db()
    assert (dana.name, "Error:" in page.text) == ("Dana", True)


def test_nothing_else_of_the_person_can_be_posted(client, dana):
    save(client, name="Dana", email="eve@example.com", is_staff="on", is_superuser="on")
    dana.refresh_from_db()
    assert (dana.email, dana.is_staff, dana.is_superuser) == ("dana@example.com", False, False)


def test_with_one_language_none_is_asked(client, dana):
    assert "Language of your mails" not in client.get("/me/").text


def test_the_language_of_mails_is_saved(client, dana, two_languages):
    save(client, name="Dana", language="de")
    dana.refresh_from_db()
    assert dana.language == "de"


def test_a_language_that_is_not_offered_is_refused(client, dana, two_languages):
    save(client, name="Dana", language="tlh")
    dana.refresh_from_db()
    assert dana.language == ""


def test_who_has_no_password_is_offered_to_set_one(client, dana):
    dana.set_unusable_password()
    dana.save()
    client.force_login(dana)
    assert reverse("account_set_password") in client.get("/me/").text
