import pytest

from accounts import services
from accounts.exceptions import NotTheOwner
from accounts.models import CreditAccount
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory(owner__email="olive@example.com")


def recipients_of(name):
    mails = OutboundMail.objects.filter(name=name).order_by("pk")
    return [mail.recipient for mail in mails]


def test_an_account_opens_for_its_owner():
    owner = UserFactory()
    account = services.open_account(owner=owner, name=" Acme ")
    assert (account.owner, account.name, account.status) == (owner, "Acme", "open")


def test_a_new_account_needs_no_approval():
    assert not services.open_account(owner=UserFactory(), name="Acme").requires_approval


def test_the_owner_changes_a_setting(account):
    services.change_settings(account=account, actor=account.owner, requires_approval=True)
    account.refresh_from_db()
    assert account.requires_approval


def test_the_owner_is_told_what_was_changed(account):
    services.change_settings(
        account=account, actor=account.owner, requires_approval=True, name=account.name
    )
    mail = OutboundMail.objects.get(name="accounts.settings_changed")
    assert mail.params["changes"] == [["requires_approval", True]]


def test_saving_the_same_settings_tells_nobody(account):
    services.change_settings(account=account, actor=account.owner, name=account.name)
    assert recipients_of("accounts.settings_changed") == []


def test_a_delegate_changes_no_setting(account):
    user = UserFactory(email=DelegateFactory(account=account, active=True).email)
    with pytest.raises(NotTheOwner):
        services.change_settings(account=account, actor=user, name="Mine")


def test_what_is_no_setting_is_refused(account):
    with pytest.raises(TypeError):
        services.change_settings(account=account, actor=account.owner, status="open")


def test_a_setting_saved_meanwhile_by_somebody_else_stays(account):
    CreditAccount.objects.filter(pk=account.pk).update(asks_cost_centre=True)
    services.change_settings(account=account, actor=account.owner, name="Other")
    account.refresh_from_db()
    assert account.asks_cost_centre


def test_a_person_chooses_a_language(account):
    services.choose_language(user=account.owner, language="en-us")
    account.owner.refresh_from_db()
    assert account.owner.language == "en-us"


def test_freezing_stops_spending(account):
    assert services.freeze(account=account, reason="disputed").is_frozen


def test_a_freeze_is_told_to_owner_and_active_delegates(account):
    DelegateFactory(account=account)
    active = DelegateFactory(account=account, active=True)
    services.freeze(account=account, reason="disputed")
    assert recipients_of("accounts.account_frozen") == ["olive@example.com", active.email]


def test_freezing_twice_is_told_once(account):
    services.freeze(account=account, reason="disputed")
    services.freeze(account=account, reason="disputed")
    assert recipients_of("accounts.account_frozen") == ["olive@example.com"]


def test_a_release_lets_spend_again(account):
    services.freeze(account=account, reason="disputed")
    assert not services.release(account=account, reason="dispute won").is_frozen


def test_a_release_is_told(account):
    services.freeze(account=account, reason="disputed")
    services.release(account=account, reason="dispute won")
    assert recipients_of("accounts.account_released") == ["olive@example.com"]


def test_an_open_account_is_not_released(account):
    services.release(account=account, reason="nothing")
    assert recipients_of("accounts.account_released") == []


def test_each_freeze_is_told(account, moving_clock):
    for _ in range(2):
        services.freeze(account=account, reason="disputed")
        services.release(account=account, reason="dispute won")
        moving_clock.advance(hours=1)
    assert len(recipients_of("accounts.account_frozen")) == 2
