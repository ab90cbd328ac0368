"""What still works once the key that made a secret link was dropped from PASSKEY_KEYS."""

import pytest
from cryptography.fernet import Fernet

from credits_portal.lib.links import absolute
from credits_portal.lib.signing import LostKeyError
from redemption.models import Redemption
from redemption.services import cancel
from tests.factories.redemption import TrainingSessionFactory, funded_account, register
from tests.mailbox import assert_good_mail, links_in, mail_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def account(moving_clock):
    return funded_account()


@pytest.fixture
def old(account):
    return register(account, session=TrainingSessionFactory())


@pytest.fixture
def link(old):
    """The mailed link, made before the key was dropped."""
    return old.get_absolute_url()


@pytest.fixture
def dropped_key(account, link, settings):
    settings.PASSKEY_KEYS = [Fernet.generate_key().decode()]


def listed(client, account):
    client.force_login(account.owner)
    return client.get(f"/accounts/{account.public_id}/registrations/")


def test_a_link_without_its_key_cannot_be_told(old, dropped_key):
    with pytest.raises(LostKeyError):
        _ = Redemption.objects.get().link_token


def test_the_owners_list_shows_the_row_without_a_link(client, account, old, dropped_key):
    page = listed(client, account).text
    assert old.reference in page
    assert f"registrations/{old.reference}/" not in page


def test_the_owners_list_links_the_rows_of_the_newer_key(client, account, old, dropped_key):
    page = listed(client, account)
    assert f"registrations/{old.reference}/" not in page.text
    old.renew_link()
    old.save()
    assert f"registrations/{old.reference}/" in listed(client, account).text


def test_a_row_without_a_link_opens_nothing(client, account, old, dropped_key):
    client.force_login(account.owner)
    address = f"/accounts/{account.public_id}/registrations/{old.reference}/"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["", "cancel/", "date/"])
def test_the_mailed_link_still_opens_its_pages(client, link, dropped_key, page):
    assert client.get(link + page).status_code == 200


def test_the_mailed_link_still_cancels(client, link, old, dropped_key):
    assert client.post(f"{link}cancel/").headers["Location"] == link
    assert Redemption.objects.get().status == "cancelled"


def test_asking_for_the_links_makes_the_lost_one_anew(client, link, dropped_key):
    new = register(funded_account(), session=TrainingSessionFactory())
    before = new.get_absolute_url()
    client.post("/registrations/find/", {"email": "ann@example.com"})
    mail = mail_to("ann@example.com")
    assert_good_mail(mail, buttons=0)
    found = [address for address in links_in(mail) if "/registrations/" in address]
    assert (len(found), found[0]) == (2, absolute(before))
    assert client.get(found[1].removeprefix(absolute(""))).status_code == 200
    assert client.get(link).status_code == 404


def test_a_mail_about_a_lost_link_goes_out_with_where_to_ask_for_it(old, link, dropped_key):
    cancel(redemption=old, places=list(old.registrations.all()), actor="registration:1")
    assert absolute("/registrations/find/") in mail_to("ann@example.com").body
