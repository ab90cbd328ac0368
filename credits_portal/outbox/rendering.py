"""From a row of the outbox to a message: subject, text, HTML with its styles inlined, headers."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import translation

from credits_portal.lib import theme

from . import registry, vault
from .exceptions import SecretLost
from .models import OutboundMail

SUBJECT_LIMIT = 250


def render(mail: OutboundMail) -> EmailMultiAlternatives:
    """Return the message that `mail` stands for, in its language, under its stored Message-ID.

    Raises UnknownMail, SecretLost, and whatever the mail's builder raises.
    """
    with translation.override(language_of(mail)):
        content = registry.builder_of(mail.name)(params_of(mail), mail.recipient)
        context = context_of(content, mail.recipient)
        message = EmailMultiAlternatives(
            subject=one_line(render_text(f"mails/{content.template}.subject.txt", context)),
            body=tidy(render_text(f"mails/{content.template}.txt", context)),
            to=[mail.recipient],
            reply_to=[settings.SUPPORT_EMAIL],
            headers=headers_of(mail, content),
        )
        html = inliner().inline(render_to_string(f"mails/{content.template}.html", dict(context)))
    message.attach_alternative(html, "text/html")
    for attachment in content.attachments:
        message.attach(attachment.filename, attachment.content, attachment.mimetype)
    return message


def language_of(mail: OutboundMail) -> str:
    """Return the recipient's setting, else the language of the form, else the programme's."""
    if len(settings.LANGUAGES) == 1:
        return str(settings.LANGUAGE_CODE)
    return registry.language_of(mail.recipient) or mail.language or settings.LANGUAGE_CODE


def params_of(mail: OutboundMail) -> Mapping[str, Any]:
    """Return what the builder gets: the ids, and the secret payload where there is one."""
    if not mail.has_secret:
        return dict(mail.params)
    if not mail.encrypted_secret:
        raise SecretLost
    return {**mail.params, "secret": vault.open_sealed(mail.encrypted_secret)}


def context_of(content: registry.Content, recipient: str) -> Mapping[str, Any]:
    """Return what the templates see: the programme, the recipient and the mail's own context."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_colour": settings.PORTAL_COLOUR,
        "portal_ink": theme.text_on(theme.Colour.parse(settings.PORTAL_COLOUR)),
        "portal_url": settings.BASE_URL,
        "support_email": settings.SUPPORT_EMAIL,
        "recipient": recipient,
        "unsubscribe_url": content.unsubscribe_url,
        **content.context,
    }


def headers_of(mail: OutboundMail, content: registry.Content) -> dict[str, str]:
    """Return the headers besides the usual ones."""
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    if content.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{content.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def render_text(template: str, context: Mapping[str, Any]) -> str:
    """Render a plain text template: nothing in it is escaped."""
    return Engine.get_default().get_template(template).render(Context(context, autoescape=False))


def one_line(text: str) -> str:
    """Return `text` as a header may hold it: line breaks and other controls become spaces."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", text).split())[:SUBJECT_LIMIT]


def tidy(text: str) -> str:
    """Return `text` without trailing spaces and with one empty line at most between lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


@cache
def inliner() -> css_inline.CSSInliner:
    """Return what moves the styles of a mail onto its elements; dark mode's stay in the head."""
    return css_inline.CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)
