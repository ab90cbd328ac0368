"""The monthly statement: who gets it, what it says, how it stops."""

import csv
import io

import pytest
from django.core import mail as django_mail
from django.urls import reverse

from accounts.models import CreditAccount, Delegate
from credits_portal.celery import BEAT
from credits_portal.outbox.models import OutboundMail
from reports import subscriptions, tasks
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory
from tests.mailbox import assert_good_mail, mails_to

pytestmark = pytest.mark.django_db
NAME = "reports.monthly_statement"


@pytest.fixture
def april(account, moving_clock):
    """The first of April: March had two purchases."""
    moving_clock.set(2026, 4, 1, 12)
    return account


@pytest.fixture
def dana(april):
    factories.make_delegate(april, "dana@example.com")
    return UserFactory(email="dana@example.com")


def statement_to(address):
    [mail] = [mail for mail in mails_to(address) if " in March 2026" in mail.subject]
    return mail


def owed():
    mails = OutboundMail.objects.filter(name=NAME).order_by("pk")
    return list(mails.values_list("recipient", flat=True))


def stop_path(account, email):
    return subscriptions.stop_url(account, email).partition("8000")[2]


def test_the_owner_gets_the_month_that_ended(april):
    tasks.monthly_statements()
    mail = statement_to("olga@example.com")
    assert_good_mail(mail)
    assert ("6,000 credits left" in mail.subject, "Purchased: 6,000 credits" in mail.body) == (
        True,
        True,
    )


def test_statements_wait_until_no_payment_can_be_booked_into_the_month():
    """A transfer of the 31st that is booked on the 3rd belongs to the month that ended."""
    assert min(BEAT["reports.monthly_statements"].day_of_month) == 4


def test_the_bookings_are_attached_as_csv(april):
    tasks.monthly_statements()
    [(name, content, _type)] = statement_to("olga@example.com").attachments
    rows = list(csv.reader(io.StringIO(content)))
    assert (name.endswith("-statement-2026-03-01-2026-03-31.csv"), len(rows)) == (True, 3)


def test_it_can_be_declined_with_one_click(april):
    tasks.monthly_statements()
    headers = statement_to("olga@example.com").extra_headers
    assert (headers["List-Unsubscribe-Post"], "/stop/" in headers["List-Unsubscribe"]) == (
        "List-Unsubscribe=One-Click",
        True,
    )


def test_it_comes_once_a_month(april, moving_clock):
    tasks.monthly_statements()
    moving_clock.advance(days=1)
    tasks.monthly_statements()
    assert owed() == ["olga@example.com"]


def test_delegates_get_it_once_they_want_it(april, dana, client):
    client.force_login(dana)
    client.post(reverse("reports:monthly", args=[april.public_id]), {"wanted": "1"})
    tasks.monthly_statements()
    assert owed() == ["olga@example.com", "dana@example.com"]


def test_delegates_do_not_get_it_unasked(april, dana):
    tasks.monthly_statements()
    assert owed() == ["olga@example.com"]


def test_a_removed_delegate_gets_none(april, dana):
    Delegate.objects.update(monthly_statement=True, status="removed")
    tasks.monthly_statements()
    assert owed() == ["olga@example.com"]


def test_an_owner_who_has_stopped_it_gets_none(april):
    CreditAccount.objects.update(monthly_statement=False)
    tasks.monthly_statements()
    assert owed() == []


def test_an_account_without_credits_gets_none(moving_clock):
    factories.make_account(0)
    tasks.monthly_statements()
    assert owed() == []


def test_the_link_shows_and_a_post_stops(april, client):
    path = stop_path(april, "olga@example.com")
    shown = client.get(path)
    april.refresh_from_db()
    still = april.monthly_statement
    client.post(path, {"List-Unsubscribe": "One-Click"})
    april.refresh_from_db()
    assert (shown.status_code, still, april.monthly_statement) == (200, True, False)


def test_a_delegates_link_stops_their_own(april, dana, client):
    Delegate.objects.update(monthly_statement=True)
    client.post(stop_path(april, "dana@example.com"))
    april.refresh_from_db()
    assert (april.monthly_statement, Delegate.objects.get().monthly_statement) == (True, False)


def test_a_forged_link_is_not_found(client, moving_clock):
    assert client.post("/statements/forged:x/stop/").status_code == 404


def test_a_long_statement_is_not_attached(april, monkeypatch):
    monkeypatch.setattr("reports.emails.ROWS_ATTACHED", 1)
    tasks.monthly_statements()
    mail = statement_to("olga@example.com")
    assert (mail.attachments, "attached" in mail.body) == ([], False)


def test_a_stranger_cannot_ask_for_it(april, client):
    client.force_login(UserFactory())
    path = reverse("reports:monthly", args=[april.public_id])
    assert (client.post(path).status_code, len(django_mail.outbox)) == (404, 0)
