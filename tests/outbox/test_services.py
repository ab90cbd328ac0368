"""Queueing: one row per fact and recipient, in the caller's transaction, never in its way."""

from datetime import timedelta

import pytest
from django.db import transaction

from credits_portal.outbox import delivery, services
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.services import queue

pytestmark = pytest.mark.django_db


def note(**fields):
    return queue(**{"name": "tests.note", "recipient": "ana@example.com", "key": "note:1"} | fields)


def test_a_mail_is_queued_as_one_row():
    mail = note(params={"text": "hello"}, about="account:12")

    stored = OutboundMail.objects.get()
    assert (stored.pk, stored.state, stored.params) == (mail.pk, "queued", {"text": "hello"})


def test_the_same_key_and_recipient_give_the_first_row():
    first = note(params={"text": "first"})

    assert note(params={"text": "second"}) == first
    assert OutboundMail.objects.get().params == {"text": "first"}


def test_another_recipient_gets_a_mail_of_their_own():
    note()
    note(recipient="ben@example.com")

    assert OutboundMail.objects.count() == 2


def test_the_recipients_case_does_not_make_a_second_mail():
    note()
    note(recipient=" Ana@Example.com")

    assert OutboundMail.objects.get().recipient == "ana@example.com"


def test_queueing_takes_one_round_trip(django_assert_num_queries):
    with django_assert_num_queries(1):
        note()


def test_a_rolled_back_transaction_owes_no_mail():
    with transaction.atomic():
        note()
        transaction.set_rollback(True)

    assert not OutboundMail.objects.exists()


def test_several_mails_of_a_transaction_wake_a_worker_once(
    wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        note()
        note(recipient="ben@example.com")

    assert wakes == ["outbox.drain"]


def test_a_broker_that_fails_is_left_alone_for_a_while(wakes, monkeypatch):
    tries = []

    def refuse(name, **options):
        tries.append(name)
        raise ConnectionError

    monkeypatch.setattr(services.current_app, "send_task", refuse)
    services.wake()
    services.wake()

    assert tries == ["outbox.drain"]


def test_a_secret_is_encrypted_at_rest():
    note(secret={"code": "123456"})

    assert "123456" not in str(OutboundMail.objects.values())


@pytest.mark.parametrize(("sent", "refused"), [(4, False), (5, True)])
def test_the_sixth_mail_of_a_kind_within_an_hour_is_too_many(sent, refused):
    for number in range(sent):
        note(key=f"note:{number}")

    assert services.too_many("tests.note", "ANA@example.com") is refused


def test_mails_of_more_than_an_hour_ago_do_not_count(moving_clock):
    for number in range(5):
        note(key=f"note:{number}")
    moving_clock.advance(minutes=61)

    assert not services.too_many("tests.note", "ana@example.com")


def test_the_oldest_undelivered_mail_has_an_age(moving_clock):
    note()
    moving_clock.advance(minutes=3)

    assert services.oldest_undelivered_age() == timedelta(minutes=3)


def test_with_nothing_waiting_the_age_is_zero():
    note()
    delivery.drain()

    assert services.oldest_undelivered_age() == timedelta(0)


def test_a_sent_mail_is_sent_again_under_a_new_message_id(mailoutbox):
    mail = note()
    delivery.drain()

    assert services.resend(mail=mail)
    delivery.drain()
    first, second = (message.extra_headers["Message-ID"] for message in mailoutbox)
    assert first != second


def test_a_mail_on_its_way_is_not_sent_again():
    assert not services.resend(mail=note())


def test_a_mail_whose_code_is_wiped_is_not_sent_again():
    mail = note(secret="123456")
    delivery.drain()

    assert not services.resend(mail=mail)
