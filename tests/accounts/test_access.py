import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from accounts.access import owned_account, visible_account
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory()


def asked_by(rf, user):
    request = rf.get("/")
    request.user = user
    return request


def user_of(delegate):
    return UserFactory(email=delegate.email)


def test_the_owner_finds_the_account(rf, account):
    request = asked_by(rf, account.owner)
    assert owned_account(request, account.public_id) == account


def test_the_owner_sees_the_account(rf, account):
    request = asked_by(rf, account.owner)
    assert visible_account(request, account.public_id) == account


def test_an_active_delegate_sees_the_account(rf, account):
    user = user_of(DelegateFactory(account=account, active=True))
    assert visible_account(asked_by(rf, user), account.public_id) == account


def test_an_active_delegate_does_not_own_the_account(rf, account):
    user = user_of(DelegateFactory(account=account, active=True))
    with pytest.raises(Http404):
        owned_account(asked_by(rf, user), account.public_id)


@pytest.mark.parametrize("status", ["invited", "removed"])
def test_whoever_has_not_accepted_or_was_removed_sees_nothing(rf, account, status):
    user = user_of(DelegateFactory(account=account, status=status))
    with pytest.raises(Http404):
        visible_account(asked_by(rf, user), account.public_id)


def test_somebody_removed_and_accepted_again_sees_the_account_once(rf, account):
    removed = DelegateFactory(account=account, status="removed")
    DelegateFactory(account=account, email=removed.email, active=True)
    request = asked_by(rf, user_of(removed))
    assert visible_account(request, account.public_id) == account


def test_another_customer_sees_nothing(rf, account):
    with pytest.raises(Http404):
        visible_account(asked_by(rf, CreditAccountFactory().owner), account.public_id)


@pytest.mark.parametrize("find", [owned_account, visible_account])
def test_whoever_is_not_signed_in_finds_nothing(rf, account, find):
    with pytest.raises(Http404):
        find(asked_by(rf, AnonymousUser()), account.public_id)


@pytest.mark.parametrize("public_id", ["", "\x00", "\ud800", "'", "../x"])
def test_a_strange_identifier_finds_nothing(rf, account, public_id):
    with pytest.raises(Http404):
        owned_account(asked_by(rf, account.owner), public_id)
