import pytest

from accounts import services
from accounts.exceptions import NotADelegate, NotTheOwner, OfferEnded
from accounts.models import Delegate
from accounts.signals import owner_changed
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory(owner__email="olive@example.com")


@pytest.fixture
def dana():
    return UserFactory(email="dana@example.com")


@pytest.fixture
def delegate(account, dana):
    return DelegateFactory(account=account, email=dana.email, active=True)


@pytest.fixture
def offer(account, delegate):
    return services.offer_ownership(delegate=delegate, actor=account.owner)


def test_an_offer_is_mailed_to_the_delegate(offer):
    mail = OutboundMail.objects.get(name="accounts.ownership_offered")
    assert mail.recipient == "dana@example.com"


def test_an_offer_changes_nothing(account, offer):
    former = account.owner
    account.refresh_from_db()
    assert account.owner == former


def test_offering_twice_is_offering_once(account, delegate, offer):
    services.offer_ownership(delegate=delegate, actor=account.owner)
    assert OutboundMail.objects.filter(name="accounts.ownership_offered").count() == 1


def test_an_invited_person_is_offered_nothing(account):
    with pytest.raises(NotADelegate):
        services.offer_ownership(delegate=DelegateFactory(account=account), actor=account.owner)


def test_a_delegate_offers_nothing(account, delegate, dana):
    with pytest.raises(NotTheOwner):
        services.offer_ownership(delegate=delegate, actor=dana)


def test_an_offer_to_another_delegate_ends_the_first(account, offer):
    second = DelegateFactory(account=account, active=True)
    services.offer_ownership(delegate=second, actor=account.owner)
    assert list(account.delegates.exclude(ownership_offered_at=None)) == [second]


def test_taking_the_offer_changes_the_owner(account, offer, dana):
    assert services.take_ownership(account=account, actor=dana).owner == dana


def test_the_new_owner_is_no_delegate_any_more(account, offer, dana):
    services.take_ownership(account=account, actor=dana)
    offer.refresh_from_db()
    assert offer.status == Delegate.Status.REMOVED


def test_former_and_new_owner_are_told(account, offer, dana):
    services.take_ownership(account=account, actor=dana)
    mails = OutboundMail.objects.filter(name="accounts.owner_changed").order_by("pk")
    assert [mail.recipient for mail in mails] == ["olive@example.com", "dana@example.com"]


def test_a_change_of_owner_is_signalled(account, offer, dana):
    heard = []

    def listen(account, former, **kwargs):
        heard.append((account.owner.email, former.email))

    owner_changed.connect(listen)
    services.take_ownership(account=account, actor=dana)
    owner_changed.disconnect(listen)
    assert heard == [("dana@example.com", "olive@example.com")]


def test_a_delegate_without_an_offer_takes_nothing(account, delegate, dana):
    with pytest.raises(OfferEnded):
        services.take_ownership(account=account, actor=dana)


def test_an_offer_taken_back_is_not_taken(account, offer, dana):
    services.withdraw_offer(account=account, actor=account.owner)
    with pytest.raises(OfferEnded):
        services.take_ownership(account=account, actor=dana)


def test_a_removed_delegate_does_not_take_the_offer(account, offer, dana):
    services.remove_delegate(delegate=offer, actor=account.owner)
    with pytest.raises(OfferEnded):
        services.take_ownership(account=account, actor=dana)


def test_the_delegate_declines(account, offer, dana):
    services.withdraw_offer(account=account, actor=dana)
    assert not account.delegates.exclude(ownership_offered_at=None).exists()


def test_another_delegate_ends_no_offer(account, offer):
    other = UserFactory(email=DelegateFactory(account=account, active=True).email)
    with pytest.raises(NotTheOwner):
        services.withdraw_offer(account=account, actor=other)


def test_staff_give_the_account_another_owner(account):
    new = UserFactory()
    assert services.replace_owner(account=account, owner=new).owner == new


def test_giving_it_to_its_owner_changes_nothing(account):
    services.replace_owner(account=account, owner=account.owner)
    assert not OutboundMail.objects.filter(name="accounts.owner_changed").exists()


def declined():
    return list(OutboundMail.objects.filter(name="accounts.ownership_declined"))


def test_the_owner_is_told_that_the_offer_was_declined(account, offer, dana):
    services.withdraw_offer(account=account, actor=dana)
    assert [mail.recipient for mail in declined()] == ["olive@example.com"]


def test_each_declined_offer_is_told(account, delegate, offer, dana, moving_clock):
    services.withdraw_offer(account=account, actor=dana)
    moving_clock.advance(days=1)
    services.offer_ownership(delegate=delegate, actor=account.owner)
    services.withdraw_offer(account=account, actor=dana)
    assert len(declined()) == 2


def test_taking_ones_own_offer_back_is_told_to_nobody(account, offer):
    services.withdraw_offer(account=account, actor=account.owner)
    assert declined() == []
