"""From a document's facts to its sheet: every text of the paper, in the document's language."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from credits_portal.lib import formats
from purchasing.countries import countries
from purchasing.models import CURRENCY, Document, Order, Payment

from .drawing import draw

Facts = Mapping[str, Any]
Rows = list[list[str]]

# Where paper is Letter; everywhere else it is A4.
LETTER = frozenset({
    "US", "CA", "MX", "PR", "GU", "VI", "AS", "MP", "UM", "PH", "CL", "CO", "VE", "CR", "GT", "NI",
    "PA", "SV", "DO", "HN", "BZ",
})  # fmt: skip
# A word longer than a line may break, lest it run out of the page.
LONG_WORD = re.compile(r"\S{40,}")
BREAK_EVERY = 7
MOST_LINES = 8
ZERO_WIDTH_SPACE = "\u200b"


def render_pdf(document: Document) -> bytes:
    """Draw `document` as PDF/UA from the facts of its day; only its stamp is of now."""
    with translation.override(document.language or settings.LANGUAGE_CODE):
        sheet = sheet_of(document)
    return draw(document.kind, sheet, timestamp=int(document.issued_at.timestamp()))


def sheet_of(document: Document) -> dict[str, Any]:
    """Return the texts of the paper, in the language that is active."""
    facts: Facts = document.facts
    title, special = KINDS[document.kind]
    sheet: dict[str, Any] = breakable(
        {
            "paper": "us-letter" if facts["country"] in LETTER else "a4",
            "language": (translation.get_language() or "en").partition("-")[0],
            "colour": settings.PORTAL_COLOUR,
            "title": title() % {"number": document.number},
            "programme": facts["programme"],
            "seller": facts["seller"],
            "party_label": _("Billed to"),
            "party": party_of(facts),
            "stamp": stamp_of(document),
            "items": items_of(document.kind, facts),
            "sums": sums_of(facts),
            "footer": _("Questions? Write to %(email)s and name %(number)s.")
            % {"email": facts["support"], "number": document.number},
            "page_of": _("Page {page} of {pages}"),
            **special(document, facts),
        }
    )
    return sheet


def breakable(value: Any) -> Any:
    """Return the sheet with places to break in its overlong words."""
    if isinstance(value, str):
        return LONG_WORD.sub(_broken, value)
    if isinstance(value, dict):
        return {key: breakable(inner) for key, inner in value.items()}
    return [breakable(inner) for inner in value] if isinstance(value, list) else value


def _broken(word: re.Match[str]) -> str:
    parts = (word[0][at : at + BREAK_EVERY] for at in range(0, len(word[0]), BREAK_EVERY))
    return ZERO_WIDTH_SPACE.join(parts)


def party_of(facts: Facts) -> list[str]:
    """Return the lines of the party that pays; without a company it is the person."""
    tax_id = _("Tax ID: %(tax_id)s") % {"tax_id": facts["tax_id"]} if facts["tax_id"] else ""
    country = str(dict(countries()).get(facts["country"], facts["country"]))
    name = facts["company"] or facts["buyer"]
    email = facts["payables_email"] or facts["buyer_email"]
    address = compact(facts["address"])
    return [line for line in (name, address, country, tax_id, email) if line]


def compact(address: str) -> str:
    """Return an address without empty lines, and in no more than MOST_LINES."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    kept, rest = lines[: MOST_LINES - 1], lines[MOST_LINES - 1 :]
    return "\n".join([*kept, ", ".join(rest)] if rest else kept)


def stamp_of(document: Document) -> dict[str, str]:
    """Return what is stamped across the paper as things stand now; nothing while it is open."""
    if document.kind == Document.Kind.CREDIT_NOTE:
        return {}
    if document.replaced_at:
        return {"text": pgettext("stamp", "Replaced"), "tone": "quiet"}
    order = document.order
    stamps = {
        Order.Status.PAID: (pgettext("stamp", "Paid"), "ok"),
        Order.Status.REFUNDED: (pgettext("stamp", "Refunded"), "quiet"),
        Order.Status.CANCELLED: (pgettext("stamp", "Cancelled"), "stop"),
        Order.Status.EXPIRED: (pgettext("stamp", "Expired"), "stop"),
    }
    if document.kind == Document.Kind.QUOTE:
        stamps[Order.Status.AWAITING] = (pgettext("stamp", "Accepted"), "ok")
    text, tone = stamps.get(Order.Status(order.status), ("", ""))
    return {"text": text, "tone": tone} if text else {}


def items_of(kind: str, facts: Facts) -> dict[str, Any]:
    """Return the table of what is sold, or was paid back."""
    what = _("Training credits, prepaid, for the account %(account)s")
    if kind == Document.Kind.CREDIT_NOTE:
        if not facts["credits"]:
            return money_alone(facts)
        what = _("Training credits returned from the account %(account)s")
    price = Decimal(facts["unit_price"])
    return {
        "head": [_("Description"), _("Credits"), _("Price of each"), _("Amount")],
        "row": [
            what % {"account": facts["account"]},
            formats.number(facts["credits"]),
            formats.unit_price(price),
            money(facts["net"]),
        ],
    }


def money_alone(facts: Facts) -> dict[str, Any]:
    """Return the table of money that was paid back without taking credits."""
    what = _("Money paid back of order %(order)s, without taking credits")
    return {
        "head": [_("Description"), _("Amount")],
        "row": [what % {"order": facts["order"]}, money(facts["net"], facts["currency"])],
    }


def sums_of(facts: Facts) -> Rows:
    """Return net, tax line and total."""
    rate = f"{Decimal(facts['tax_rate']).normalize():f}"
    tax = _("Tax, %(rate)s %%") % {"rate": rate}
    currency = facts["currency"]
    return [
        [_("Net"), money(facts["net"], currency)],
        [
            f"{tax} ({facts['tax_note']})" if facts["tax_note"] else tax,
            money(facts["tax"], currency),
        ],
        [_("Total %(currency)s") % {"currency": currency}, money(facts["total"], currency)],
    ]


def references(facts: Facts, *first: tuple[str, str]) -> Rows:
    """Return the block of dates and numbers at the top; what is empty is left out."""
    rows = [
        (_("Date"), day(facts["issued_on"])),
        *first,
        (_("Order"), facts["order"]),
        (_("PO number"), facts["po_number"]),
    ]
    return [[label, value] for label, value in rows if value]


def quote(_document: Document, facts: Facts) -> dict[str, Any]:
    """Return what a quote says beside the common parts."""
    until = day(facts["valid_until"])
    return {
        "references": references(facts, (_("Holds until"), until)),
        "lead": _(
            "This price holds until %(until)s. Accept the quote on the page of the order to get "
            "an invoice, or pay right away by bank transfer."
        )
        % {"until": until},
        "bank": bank_of(facts, facts["total"]),
        "notes": [terms()],
    }


def invoice(_document: Document, facts: Facts) -> dict[str, Any]:
    """Return what an invoice says beside the common parts."""
    due_on = day(facts["due_on"])
    received = Decimal(facts["received"])
    left = max(Decimal(facts["total"]) - received, Decimal(0))
    so_far = [[_("Received so far"), money(received)], [_("Left to pay"), money(left)]]
    return {
        "references": references(facts, (_("Due on"), due_on)),
        "lead": _("Payable by bank transfer until %(day)s.") % {"day": due_on},
        "sums": sums_of(facts) + (so_far if received else []),
        "bank": bank_of(facts, left),
        "notes": [terms()],
    }


def receipt(document: Document, facts: Facts) -> dict[str, Any]:
    """Return what a receipt says beside the common parts."""
    last_day = day(facts["last_day"])
    return {
        "references": references(facts, (_("Usable until"), last_day)),
        "lead": _("Paid in full, with thanks. The credits can be used until %(day)s.")
        % {"day": last_day},
        "payments_head": [_("Received on"), _("Way"), _("Reference"), _("Amount")],
        "payments": [
            [
                day(payment["received_on"]),
                str(Payment.Provider(payment["provider"]).label),
                payment["reference"] or document.order.number,
                money(payment["amount"]),
            ]
            for payment in facts["payments"]
        ],
        "notes": [terms()],
    }


def credit_note(_document: Document, facts: Facts) -> dict[str, Any]:
    """Return what a credit note says beside the common parts."""
    paid_on = day(facts["paid_on"])
    lead = _("This amount is paid back to you.")
    if paid_on:
        lead = _("This amount was paid back to you on %(day)s.") % {"day": paid_on}
    return {
        "references": references(facts, (_("Paid back on"), paid_on)),
        "lead": lead,
        # In money that came beyond the price there is no tax: the total is all there is to say.
        "sums": sums_of(facts)[0 if facts["credits"] or Decimal(facts["tax"]) else 2 :],
        "notes": [],
    }


Special = Callable[[Document, Facts], dict[str, Any]]
KINDS: dict[str, tuple[Callable[[], str], Special]] = {
    Document.Kind.QUOTE: (lambda: _("Quote %(number)s"), quote),
    Document.Kind.INVOICE: (lambda: _("Invoice %(number)s"), invoice),
    Document.Kind.RECEIPT: (lambda: _("Receipt %(number)s"), receipt),
    Document.Kind.CREDIT_NOTE: (lambda: _("Credit note %(number)s"), credit_note),
}


def bank_of(facts: Facts, amount: Any) -> dict[str, Any]:
    """Return how to transfer the money."""
    account = facts["bank"] or _("Ask %(email)s.") % {"email": facts["support"]}
    return {
        "title": _("Pay by bank transfer"),
        "rows": [
            [_("Amount"), f"{money(amount)} {facts['currency']}"],
            [_("Reference"), facts["order"]],
            [_("Bank account"), account],
        ],
        "note": _(
            "Name the reference in the transfer. The credits are granted when the whole amount is "
            "received."
        ),
    }


def terms() -> str:
    """Return the small print: the 12 months of rules.md 1."""
    return _(
        "Credits must be redeemed and consumed within 12 months from purchase. 1 credit pays $1 "
        "of training."
    )


def money(amount: Any, currency: str = CURRENCY) -> str:
    """Return an amount of the facts as text."""
    return formats.money(Decimal(amount), currency)


def day(iso: str) -> str:
    """Return a date of the facts as text; empty stays empty."""
    return formats.day(date.fromisoformat(iso)) if iso else ""
