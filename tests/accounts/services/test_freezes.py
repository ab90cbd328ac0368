"""Tests of accounts.services.accounts: an account is frozen until every reason has ended."""

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.urls import reverse

from accounts.models import Freeze
from accounts.services import freeze, release
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import CreditAccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

DISPUTE = {"source": "dispute:7", "reason": "The bank took the money back."}


@pytest.fixture
def account():
    return CreditAccountFactory()


def mails(name):
    return OutboundMail.objects.filter(name=f"accounts.{name}").count()


def test_a_freeze_keeps_its_reason_and_moment(account, moving_clock):
    freeze(account=account, reason="Asked by the owner.")
    row = Freeze.objects.get()
    assert (row.source, row.reason, row.created_at, row.released_at) == (
        "staff",
        "Asked by the owner.",
        moving_clock.moment,
        None,
    )


@pytest.mark.parametrize("first", ["staff", "dispute:7"])
def test_what_two_have_frozen_one_alone_does_not_release(account, first):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    assert release(account=account, reason="Over.", source=first).is_frozen


def test_what_two_have_frozen_both_release(account):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    release(account=account, reason="Won.", source="dispute:7")
    assert not release(account=account, reason="Over.").is_frozen


def test_a_second_reason_is_not_told_again(account):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    assert mails("account_frozen") == 1


def test_only_the_last_release_is_told(account):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    release(account=account, reason="Won.", source="dispute:7")
    assert mails("account_released") == 0
    release(account=account, reason="Over.")
    assert mails("account_released") == 1


def test_a_repeated_freeze_is_one(account):
    freeze(account=account, **DISPUTE)
    freeze(account=account, **DISPUTE)
    assert Freeze.objects.count() == 1


def test_what_was_released_can_be_frozen_again(account):
    freeze(account=account, **DISPUTE)
    release(account=account, reason="Won.", source="dispute:7")
    assert freeze(account=account, **DISPUTE).is_frozen


def test_a_source_that_holds_nothing_releases_nothing(account):
    freeze(account=account, reason="Asked by the owner.")
    assert release(account=account, reason="Won.", source="dispute:8").is_frozen


def test_the_database_keeps_one_open_freeze_per_source(account):
    freeze(account=account, **DISPUTE)
    with pytest.raises(IntegrityError):
        Freeze.objects.create(account=account, **DISPUTE)


def released(admin_client, account, **posted):
    address = reverse("admin:accounts_creditaccount_release", args=[account.pk])
    return admin_client.post(address, {"reason": "Over.", **posted})


def test_staff_are_told_what_else_holds_the_account(admin_client, account):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    own = account.freezes.get(source="staff")
    response = released(admin_client, account, freeze=own.pk)
    told = [str(message) for message in get_messages(response.wsgi_request)]
    assert told[1] == (
        "The account stays frozen, because something else holds it: The bank took the money back."
    )


def test_staff_release_the_freeze_of_a_lost_dispute(admin_client, account):
    freeze(account=account, **DISPUTE)
    released(admin_client, account)
    account.refresh_from_db()
    assert not account.is_frozen


def test_staff_choose_which_of_two_freezes_ends(admin_client, account):
    freeze(account=account, reason="Asked by the owner.")
    freeze(account=account, **DISPUTE)
    response = released(admin_client, account)
    assert response.context["form"].errors == {"freeze": ["Choose what ends."]}


def test_staff_see_the_freezes_on_the_page_of_the_account(admin_client, account):
    freeze(account=account, **DISPUTE)
    address = reverse("admin:accounts_creditaccount_change", args=[account.pk])
    assert DISPUTE["reason"] in admin_client.get(address).content.decode()


def test_staff_add_their_own_freeze_to_that_of_a_dispute(admin_client, account):
    freeze(account=account, **DISPUTE)
    address = reverse("admin:accounts_creditaccount_freeze", args=[account.pk])
    admin_client.post(address, {"reason": "Asked by the owner."})
    assert list(account.freezes.open().values_list("source", flat=True)) == ["dispute:7", "staff"]
