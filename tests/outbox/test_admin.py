"""The mail log: read by staff, resent by those who may, changed by nobody."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from credits_portal.outbox import delivery
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.services import queue

pytestmark = pytest.mark.django_db

LOG = "/admin/outbox/outboundmail/"


def staff(*codenames):
    user = User.objects.create_user("staff@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def support(client):
    client.force_login(staff("view_outboundmail", "resend_outboundmail"))


def note(**fields):
    fields = {"name": "tests.note", "recipient": "ana@example.com", "key": "note:1"} | fields
    return queue(**fields)


def resend(client, *mails):
    chosen = [mail.pk for mail in mails]
    return client.post(LOG, {"action": "send_again", "_selected_action": chosen}, follow=True)


def test_the_log_finds_mails_by_reference(client, support):
    note(about="account:12")
    note(key="note:2", recipient="ben@example.com", about="account:13")
    page = client.get(LOG, {"q": "account:12"}).text

    assert "ana@example.com" in page
    assert "ben@example.com" not in page


def test_the_log_is_filtered_by_state(client, support):
    note()
    page = client.get(LOG, {"state__exact": "failed"}).text

    assert "ana@example.com" not in page


def test_a_secret_is_never_shown(client, support):
    mail = note(secret="123456")
    page = client.get(reverse("admin:outbox_outboundmail_change", args=[mail.pk])).text

    assert mail.encrypted_secret not in page


def test_a_sent_mail_is_sent_again(client, support):
    mail = note()
    delivery.drain()
    page = resend(client, mail).text

    mail.refresh_from_db()
    assert mail.state == "queued"
    assert "1 mail is sent again." in page


def test_a_mails_own_page_sends_it_again(client, support):
    mail = note()
    delivery.drain()
    page = reverse("admin:outbox_outboundmail_change", args=[mail.pk])
    assert "Send again" in client.get(page).text
    assert "1 mail is sent again." in client.post(page, follow=True).text
    assert OutboundMail.objects.get().state == "queued"


def test_the_page_sends_nothing_for_who_may_only_look(client):
    client.force_login(staff("view_outboundmail"))
    mail = note()
    delivery.drain()
    page = reverse("admin:outbox_outboundmail_change", args=[mail.pk])
    assert "Send again" not in client.get(page).text
    assert client.post(page).status_code == 403


def test_a_mail_with_a_wiped_code_stays_as_it_is(client, support):
    mail = note(secret="123456")
    delivery.drain()

    assert "1 mail stays as it is" in resend(client, mail).text


def test_who_may_only_look_cannot_send_again(client):
    client.force_login(staff("view_outboundmail"))
    mail = note()
    delivery.drain()
    resend(client, mail)

    assert OutboundMail.objects.get().state == "sent"


@pytest.mark.parametrize("action", ["add", "delete"])
def test_nobody_adds_or_deletes_mails(admin_client, action):
    mail = note()
    paths = {"add": LOG + "add/", "delete": f"{LOG}{mail.pk}/delete/"}

    assert admin_client.get(paths[action]).status_code == 403
