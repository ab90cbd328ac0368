"""What a test does with mail: deliver the queue in-process, look into the mailbox, judge a mail."""

import re
from email.message import EmailMessage
from html.parser import HTMLParser

from django.core import mail as django_mail

from credits_portal.outbox import delivery

SIZE_LIMIT = 30 * 1024


def deliver():
    """Drain the outbox as a worker would; return the messages that went out, oldest first."""
    before = len(django_mail.outbox)
    delivery.drain()
    return django_mail.outbox[before:]


def mail_to(address):
    """Deliver what is queued; return the last message to `address`."""
    return mails_to(address)[-1]


def mails_to(address):
    """Deliver what is queued; return every message to `address` so far, oldest first."""
    deliver()
    return [message for message in django_mail.outbox if message.to == [address.lower()]]


def html_of(message):
    """Return the HTML part."""
    [alternative] = [part for part in message.alternatives if part.mimetype == "text/html"]
    return alternative.content


def links_in(message):
    """Return the addresses in the text part, in order."""
    return [address.rstrip(".,)") for address in re.findall(r"https?://\S+", message.body)]


class Page(HTMLParser):
    """What the checks need to know of a mail's HTML."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.texts = []
        self.preheader = ""
        self.buttons = []
        self.remote = []
        self._open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        classes = (attributes.get("class") or "").split()
        if tag in {"img", "link", "script", "iframe", "video", "audio", "source"}:
            self.remote.append(attributes.get("src") or attributes.get("href") or tag)
        if tag == "a" and any("button" in entry for entry in self._open):
            self.buttons.append(attributes["href"])
        if tag not in {"meta", "br", "hr", "img", "link", "input"}:
            self._open.append(classes)

    def handle_endtag(self, tag):
        if tag not in {"meta", "br", "hr", "img", "link", "input"}:
            self._open.pop()

    def handle_data(self, data):
        if any("preheader" in entry for entry in self._open):
            self.preheader += data
        else:
            self.texts.append(data)


def assert_good_mail(message, *, buttons=1):
    """Check a rendered mail against docs/mail.md; `buttons` is 0 for one without a page."""
    html = html_of(message)
    page = Page(html)
    preheader = " ".join(page.preheader.split())
    assert message.body.strip(), "no text part"
    assert 40 <= len(preheader) <= 90, f"preheader of {len(preheader)} characters: {preheader!r}"
    assert preheader != message.subject
    assert message.subject
    assert "\n" not in message.subject
    assert len(html.encode()) <= SIZE_LIMIT, f"HTML of {len(html.encode())} bytes"
    assert page.remote == [], f"remote content: {page.remote}"
    assert not re.search(r"@import|@font-face|url\(", html)
    assert len(page.buttons) == buttons, f"buttons: {page.buttons}"
    for address in page.buttons:
        assert address.startswith(("http://", "https://"))
        assert any(address in text for text in page.texts), "the button's address is not plain"
        assert address in message.body, "the button's address is not in the text part"
    assert len(re.findall(r"<h1\b", html)) == 1
    assert message.reply_to
    assert "<" not in message.body.replace("<http", ""), "markup in the text part"
    for leftover in ("{{", "{%", "None", "&amp;", "&#x27;", "&quot;"):
        assert leftover not in message.body, f"{leftover} in the text part"


def parsed(message) -> EmailMessage:
    """Return `message` as a mail reader sees it."""
    return message.message()
