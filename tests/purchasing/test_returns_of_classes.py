"""Credits that come back from a class while their money has gone back (rules.md 6.8, 7.4)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import ledger
from accounts.models import CreditAccount
from credits_portal.outbox.models import OutboundMail
from purchasing.models import Shortfall
from purchasing.services.refunds import record_provider_refund
from redemption.returned import summary
from redemption.services import cancel_session
from reports.verification import verify
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import paid_by_card
from tests.factories.redemption import TrainingSessionFactory, register

pytestmark = pytest.mark.django_db

# The lot's last day is 10 March 2027; with the class called off in February it has fewer than 60.
BOUGHT, CALLED_OFF = (2026, 3, 10, 12), (2027, 2, 1, 12)


@pytest.fixture
def order(moving_clock):
    moving_clock.set(*BOUGHT)
    return paid_by_card(credits=100)[0]


@pytest.fixture
def session(order, moving_clock):
    moving_clock.set(*CALLED_OFF)
    return TrainingSessionFactory(training__credits=100)


def paid_back(order, amount):
    payment = order.payments.get()
    record_provider_refund(
        payment=payment,
        external_id="re_1",
        amount=Decimal(amount),
        currency="USD",
        status="done",
        made_on=date(2027, 2, 1),
    )


def call_off(session):
    cancel_session(session=session, notice="The trainer is ill.", actor=UserFactory())


def buckets(order):
    lots = order.account.lots.order_by("pk")
    return list(lots.values_list("available", "withdrawn", "redeemed"))


def test_a_class_called_off_exchanges_only_what_is_still_there(order, session):
    register(order.account, session=session)
    paid_back(order, "70")
    call_off(session)
    assert buckets(order) == [(0, 100, 0), (30, 0, 0)]
    assert not Shortfall.objects.filter(closed_at=None).exists()


def test_where_all_is_owed_nothing_is_exchanged(order, session):
    register(order.account, session=session)
    paid_back(order, "100")
    call_off(session)
    assert (buckets(order), verify()) == ([(0, 100, 0)], [])


def test_held_credits_are_taken_too(order, session):
    CreditAccount.objects.filter(pk=order.account_id).update(requires_approval=True)
    register(CreditAccount.objects.get(pk=order.account_id), session=session)
    paid_back(order, "70")
    call_off(session)
    assert buckets(order) == [(0, 100, 0), (30, 0, 0)]


def test_the_mail_tells_only_what_can_be_used(order, session):
    register(order.account, session=session)
    paid_back(order, "70")
    call_off(session)
    mails = OutboundMail.objects.filter(name__startswith="redemption.", params__has_key="entries")
    told = [summary(mail.params["entries"]) for mail in mails]
    assert told
    assert all([part.credits for part in parts] == [30] for parts in told)


def test_without_a_shortfall_a_return_asks_one_question_more(order):
    entry = ledger.redeem(
        account=order.account, credits=5, fits=None, key="s", actor="job:test", reason="class"
    )
    with CaptureQueriesContext(connection) as captured:
        ledger.restore(entry=entry, credits=5, key="b", actor="job:test", reason="cancelled")
    asked = [query["sql"] for query in captured if "purchasing_" in query["sql"]]
    assert len(asked) == 1


def test_the_page_tells_before_the_click_what_is_withdrawn_again(client, order, session):
    redemption = register(order.account, session=session)
    paid_back(order, "30.00")
    page = client.get(f"{redemption.get_absolute_url()}cancel/").text
    assert "70 credits can be used until 10 March 2027." in page
    assert "30 credits are withdrawn as they return: their money has been paid back." in page
    client.post(f"{redemption.get_absolute_url()}cancel/")
    assert buckets(order) == [(70, 30, 0)]
