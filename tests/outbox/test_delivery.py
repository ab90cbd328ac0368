"""Delivery: each mail once, in spite of servers that refuse, hang and workers that die."""

from datetime import timedelta
from smtplib import (
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

import pytest
from django.core.mail.backends.locmem import EmailBackend

from credits_portal.outbox import delivery
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.services import queue

pytestmark = pytest.mark.django_db


def note(address="ana@example.com", **fields):
    return queue(**{"name": "tests.note", "recipient": address, "key": "note:1"} | fields)


@pytest.fixture
def server(monkeypatch):
    """A mail server whose answers per address a test chooses."""
    answers = {}
    deliver = EmailBackend.send_messages

    def send_messages(backend, messages):
        error = answers.get(messages[0].to[0])
        if error:
            raise error
        return deliver(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return answers


def refused(code):
    return SMTPRecipientsRefused({"ana@example.com": (code, b"no such mailbox")})


def test_a_due_mail_is_sent_once(mailoutbox):
    note()

    assert (delivery.drain(), delivery.drain()) == (1, 0)
    assert [message.to for message in mailoutbox] == [["ana@example.com"]]


def test_a_sent_mail_is_marked_with_time_and_subject(moving_clock):
    note(params={"text": "lots"})
    delivery.drain()

    mail = OutboundMail.objects.get()
    assert (mail.state, mail.sent_at, mail.subject) == ("sent", moving_clock.moment, "About lots")


def test_a_secret_is_wiped_once_sent(mailoutbox):
    note(secret="123456")
    delivery.drain()

    assert "123456" in mailoutbox[0].body
    assert OutboundMail.objects.get().encrypted_secret == ""


def test_a_secret_is_wiped_once_failed(server):
    server["ana@example.com"] = refused(550)
    note(secret="123456")
    delivery.drain()

    assert OutboundMail.objects.get().encrypted_secret == ""


def test_a_permanent_refusal_fails_at_once(server):
    server["ana@example.com"] = refused(550)
    note()
    delivery.drain()

    mail = OutboundMail.objects.get()
    assert (mail.state, mail.error) == ("failed", "550 no such mailbox")


@pytest.mark.parametrize(
    "error",
    [
        refused(450),
        SMTPDataError(451, b"try later"),
        SMTPServerDisconnected("gone"),
        TimeoutError("timed out"),
    ],
)
def test_a_passing_trouble_is_tried_again_later(server, error, moving_clock, mailoutbox):
    server["ana@example.com"] = error
    note()
    delivery.drain()
    server.clear()

    assert delivery.drain() == 0
    moving_clock.advance(seconds=38)
    assert delivery.drain() == 1


def test_the_waits_grow(server, moving_clock):
    server["ana@example.com"] = refused(450)
    mail = note()
    waits = []
    for _ in range(3):
        delivery.drain()
        mail.refresh_from_db()
        waits.append(mail.next_try_at - moving_clock.moment)
        moving_clock.moment = mail.next_try_at

    assert timedelta(seconds=30) <= waits[0] < waits[1] < waits[2]


def test_after_the_last_attempt_the_mail_has_failed(server, moving_clock):
    server["ana@example.com"] = refused(450)
    mail = note()
    for _ in range(delivery.ATTEMPTS):
        delivery.drain()
        moving_clock.advance(hours=8)

    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("failed", 20)


def test_one_refused_recipient_holds_up_nobody(server, mailoutbox):
    server["ana@example.com"] = refused(550)
    note()
    note("ben@example.com")
    delivery.drain()

    assert [message.to for message in mailoutbox] == [["ben@example.com"]]


def test_a_builder_that_fails_holds_up_nobody(broken_builder, mailoutbox):
    note(name="tests.broken")
    note("ben@example.com")
    delivery.drain()

    assert [message.to for message in mailoutbox] == [["ben@example.com"]]
    assert OutboundMail.objects.get(name="tests.broken").error == "LookupError: no such order"


def test_a_mail_of_an_unknown_name_is_kept_for_a_newer_worker():
    mail = note(name="tests.of_the_next_release")
    delivery.drain()

    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("queued", 1)


def test_a_server_that_is_away_costs_one_mail_an_attempt(monkeypatch):
    def refuse(backend):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "open", refuse)
    note()
    note("ben@example.com")
    delivery.drain()

    assert sorted(OutboundMail.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_claimed_mail_is_nobody_elses():
    mine = note()
    theirs = OutboundMail.objects.get()

    assert delivery.claim(mine)
    assert not delivery.claim(theirs)


def test_a_killed_workers_mail_goes_out_within_a_minute_under_its_message_id(
    moving_clock, mailoutbox
):
    mail = note()
    delivery.claim(OutboundMail.objects.get())

    assert delivery.drain() == 0
    moving_clock.advance(seconds=50)
    assert delivery.drain() == 1
    assert mailoutbox[0].extra_headers["Message-ID"] == mail.message_id


def test_a_worker_that_was_too_slow_does_not_overwrite_the_next_ones_mark(moving_clock):
    slow = note()
    delivery.claim(slow)
    moving_clock.advance(seconds=50)
    delivery.drain()
    delivery.fail(slow, "too slow")

    assert OutboundMail.objects.get().state == "sent"


def test_a_mail_that_is_of_no_use_any_more_is_not_sent(moving_clock, mailoutbox):
    mail = note(give_up_at=moving_clock.moment + timedelta(minutes=10))
    moving_clock.advance(minutes=11)
    delivery.drain()

    mail.refresh_from_db()
    assert (mail.state, mailoutbox) == ("failed", [])
