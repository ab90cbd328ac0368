"""The mailbox page: what was sent, in development only."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from credits_portal.outbox import mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_development(settings, tmp_path):
    settings.DEBUG = True
    settings.MAILBOX_DIR = tmp_path / "mailbox"


def deliver(to="ana@example.com", subject="Hello", attachment=None):
    message = EmailMultiAlternatives(subject, "See http://localhost/here/", to=[to])
    message.attach_alternative('<html><head></head><p style="color:red">Hi</p></html>', "text/html")
    if attachment:
        message.attach(*attachment)
    mailbox.MailboxBackend().send_messages([message])
    return next(mailbox.messages())


def test_the_newest_mail_stands_first(client):
    deliver(subject="First")
    deliver(subject="Second")
    page = client.get("/dev/mailbox/").text

    assert page.index("Second") < page.index("First")


def test_mails_can_be_found_by_recipient(client):
    deliver(to="ana@example.com", subject="For Ana")
    deliver(to="ben@example.com", subject="For Ben")
    page = client.get("/dev/mailbox/?to=ANA@").text

    assert "For Ana" in page
    assert "For Ben" not in page


def test_a_mail_shows_its_text_with_links(client):
    page = client.get(reverse("outbox:message", args=[deliver().name])).text

    assert '<a href="http://localhost/here/"' in page


def test_the_page_may_frame_the_html(client):
    response = client.get(reverse("outbox:message", args=[deliver().name]))

    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_the_html_keeps_its_styles_and_runs_nothing(client):
    response = client.get(reverse("outbox:message_html", args=[deliver().name]))

    policy = response["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert '<p style="color:red">Hi</p>' in response.text


def test_an_attachment_can_be_downloaded(client):
    mail = deliver(attachment=("receipt.pdf", b"%PDF-1.7", "application/pdf"))
    response = client.get(reverse("outbox:message_attachment", args=[mail.name, 0]))

    assert (response.content, response["Content-Type"]) == (b"%PDF-1.7", "application/pdf")


@pytest.mark.parametrize("name", ["..%2Fportal.sqlite3", "nothing.eml"])
def test_a_name_that_is_no_mail_is_not_found(client, name):
    assert client.get(f"/dev/mailbox/{name}/").status_code == 404


def test_an_empty_mailbox_says_so(client):
    assert "No mail yet" in client.get("/dev/mailbox/").text


def test_outside_development_there_is_no_mailbox(client, settings):
    name = deliver().name
    settings.DEBUG = False
    paths = ["/dev/mailbox/", f"/dev/mailbox/{name}/", f"/dev/mailbox/{name}/html/"]

    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
