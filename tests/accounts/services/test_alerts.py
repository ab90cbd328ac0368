"""The low-balance alert, by whatever spends."""

from datetime import timedelta

import pytest

from accounts.services.adjustments import move_credits
from credits_portal.outbox.models import OutboundMail
from redemption.exceptions import TooFewCredits
from redemption.services import cancel, change_date
from tests.factories.accounts import CreditAccountFactory, DelegateFactory
from tests.factories.redemption import TrainingSessionFactory, add_lot, funded_account, register
from tests.mailbox import assert_good_mail, mail_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def account(moving_clock):
    return funded_account(1_000, low_balance_at=850)


@pytest.fixture
def session(moving_clock):
    return TrainingSessionFactory()


def alerts():
    return list(OutboundMail.objects.filter(name="accounts.low_balance").order_by("pk"))


def spend(account, session, *names):
    return register(account, session=session, names=names)


def test_a_balance_at_the_threshold_is_not_low(session):
    spend(funded_account(1_000, low_balance_at=900), session, "ann")
    assert alerts() == []


def test_the_owner_is_told_when_a_registration_takes_the_balance_below(account, session):
    spend(account, session, "ann", "bo")
    assert [mail.recipient for mail in alerts()] == [account.owner.email]


def test_the_mail_tells_what_was_left_then(account, session):
    spend(account, session, "ann", "bo")
    assert [mail.params["left"] for mail in alerts()] == [800]


def test_active_delegates_are_told_too(account, session):
    dana = DelegateFactory(account=account, active=True)
    DelegateFactory(account=account)
    spend(account, session, "ann", "bo")
    assert [mail.recipient for mail in alerts()] == [account.owner.email, dana.email]


def test_a_held_request_counts_as_spent(session):
    account = funded_account(1_000, low_balance_at=850, requires_approval=True)
    spend(account, session, "ann", "bo")
    assert len(alerts()) == 1


def test_spending_more_below_the_threshold_is_not_told_again(account, session):
    spend(account, session, "ann", "bo")
    spend(account, session, "cy")
    assert len(alerts()) == 1


def test_a_second_fall_is_told_after_the_balance_has_risen(account, session):
    first = spend(account, session, "ann", "bo")
    cancel(redemption=first, places=list(first.registrations.all()), actor="registration:1")
    spend(account, session, "cy", "di")
    assert len(alerts()) == 2


def test_a_purchase_arms_the_alert_again(account, session):
    spend(account, session, "ann", "bo")
    add_lot(account, 100)
    spend(account, session, "cy")
    assert [mail.params["left"] for mail in alerts()] == [800, 800]


def test_without_a_threshold_nobody_is_told(session):
    spend(funded_account(1_000), session, "ann", "bo")
    assert alerts() == []


def test_a_refused_registration_tells_of_no_fall(account):
    session = TrainingSessionFactory(training__credits=2_000)
    with pytest.raises(TooFewCredits):
        spend(account, session, "ann")
    assert alerts() == []


def test_a_change_of_date_at_the_same_price_is_no_fall(session):
    redemption = spend(funded_account(1_000, low_balance_at=900), session, "ann")
    later = TrainingSessionFactory(
        training=session.training, starts_at=session.starts_at + timedelta(days=9)
    )
    places = list(redemption.registrations.all())
    change_date(redemption=redemption, places=places, session=later, actor="registration:1")
    assert alerts() == []


def test_credits_moved_to_another_account_count_as_spent(account):
    terms = {"credits": 500, "key": "a", "actor": account.owner, "reason": "Another department"}
    move_credits(lot=account.lots.get(), to=CreditAccountFactory(), **terms)
    assert [mail.params["left"] for mail in alerts()] == [500]


def test_the_owners_mail_is_good(account, session):
    spend(account, session, "ann", "bo")
    assert_good_mail(mail_to(account.owner.email))


def test_a_delegates_mail_is_good_and_says_who_buys(account, session):
    dana = DelegateFactory(account=account, active=True)
    spend(account, session, "ann", "bo")
    mail = mail_to(dana.email)
    assert_good_mail(mail)
    assert f"The owner, {account.owner.name}, can buy credits" in mail.body
