"""Rendering: one mail as text and HTML, with headers that reach the right people."""

import pytest

from credits_portal.outbox import rendering
from credits_portal.outbox.registry import Attachment
from credits_portal.outbox.services import queue
from tests.mailbox import assert_good_mail, html_of

pytestmark = pytest.mark.django_db


def rendered(**fields):
    fields = {"name": "tests.note", "recipient": "ana@example.com", "key": "note:1"} | fields
    return rendering.render(queue(**fields))


def test_a_mail_is_good():
    assert_good_mail(rendered(params={"text": "your lots"}))


def test_a_subject_is_one_line():
    message = rendered(params={"text": "you\r\nBcc: all@example.com"})

    assert message.subject == "About you Bcc: all@example.com"


def test_a_subject_is_not_escaped():
    assert rendered(params={"text": "R&D <1>"}).subject == "About R&D <1>"


def test_text_is_not_escaped():
    assert "R&D <1>" in rendered(params={"text": "R&D <1>"}).body


def test_html_is_escaped():
    html = html_of(rendered(params={"text": "<script>alert(1)</script>"}))

    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_replies_reach_the_support_address(settings):
    settings.SUPPORT_EMAIL = "help@vendor.example"

    assert rendered().reply_to == ["help@vendor.example"]


def test_a_mail_says_that_a_machine_sent_it():
    assert rendered().message()["Auto-Submitted"] == "auto-generated"


def test_a_mail_keeps_its_stored_message_id():
    mail = queue(name="tests.note", recipient="ana@example.com", key="note:1")

    assert rendering.render(mail).message()["Message-ID"] == mail.message_id


def test_a_message_id_is_in_the_senders_domain(settings):
    settings.DEFAULT_FROM_EMAIL = "Credits <credits@vendor.example>"
    mail = queue(name="tests.note", recipient="ana@example.com", key="note:1")

    assert mail.message_id.endswith("@vendor.example>")


def test_a_mail_that_may_be_declined_has_one_click_unsubscribe():
    message = rendered(params={"unsubscribe_url": "https://portal.example/stop/x/"}).message()

    assert message["List-Unsubscribe"] == "<https://portal.example/stop/x/>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_other_mails_have_no_unsubscribe():
    assert rendered().message()["List-Unsubscribe"] is None


def test_attachments_travel_with_the_mail(monkeypatch):
    build = rendering.registry.builder_of("tests.note")
    file = Attachment(filename="receipt.pdf", content=b"%PDF-1.7", mimetype="application/pdf")

    def with_file(params, recipient):
        return build({**params, "attachments": [file]}, recipient)

    monkeypatch.setitem(rendering.registry._builders, "tests.note", with_file)

    assert rendered().attachments == [("receipt.pdf", b"%PDF-1.7", "application/pdf")]


def test_styles_stand_on_the_elements_and_dark_mode_in_the_head():
    html = html_of(rendered())

    assert "<h1 style=" in html
    assert "prefers-color-scheme" in html


def test_two_builders_of_one_name_are_refused():
    with pytest.raises(ValueError, match="Two builders"):
        rendering.registry.builds("tests.note")(lambda params, recipient: None)


def test_the_button_reads_well_on_a_light_colour_of_the_programme(settings):
    settings.PORTAL_COLOUR = "#ffe066"
    ink = rendering.context_of(rendering.registry.Content(template=""), "")["portal_ink"]

    assert str(ink) != "#ffffff"
