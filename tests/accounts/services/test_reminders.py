import pytest

from accounts import services
from tests.factories.accounts import CreditAccountFactory, DelegateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory()


def stop(account, email):
    token = services.unsubscribe_url(account, email).rstrip("/").rsplit("/", 1)[1]
    services.unsubscribe(subscription=services.subscription_of(token))
    account.refresh_from_db()


def test_the_owner_stops_the_early_reminders(account):
    stop(account, account.owner.email)
    assert not account.early_reminders


def test_a_delegate_stops_their_own_reminders(account):
    stopped, other = DelegateFactory.create_batch(2, account=account, active=True)
    stop(account, stopped.email)
    assert list(account.delegates.filter(reminders=True)) == [other]


def test_a_delegates_click_leaves_the_owners_reminders(account):
    stop(account, DelegateFactory(account=account, active=True).email)
    assert account.early_reminders


@pytest.mark.parametrize("token", ["", "x", "WyJhIiwiYiJd:1:2", "\x00"])
def test_a_forged_token_stops_nothing(token):
    assert services.subscription_of(token) is None
