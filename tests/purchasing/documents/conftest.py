"""Papers of every kind, drawn and read again by another library than the one that drew them."""

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from purchasing.documents import render_pdf
from purchasing.models import Document, Order

FACTS = {
    "programme": "Training Credits",
    "support": "support@example.com",
    "seller": "Demonstration Training Ltd\n12 Main Street",
    "bank": "Demonstration Bank\nAccount 0000 0000",
    "issued_on": "2026-03-10",
    "order": "TC-2026-000012",
    "account": "Northwind",
    "credits": 20_000,
    "unit_price": "0.8000",
    "net": "16000.00",
    "tax_rate": "19.00",
    "tax_note": "VAT",
    "tax": "3040.00",
    "total": "19040.00",
    "currency": "USD",
    "buyer": "Olga Northwind",
    "buyer_email": "olga@example.com",
    "company": "Northwind Engineering",
    "address": "7 Harbour Road\n20457 Hamburg",
    "country": "DE",
    "tax_id": "DE123456789",
    "po_number": "PO-4711",
    "payables_email": "ap@example.com",
}
PAYMENT = {
    "received_on": "2026-03-09",
    "provider": "bank",
    "reference": "BANK 1",
    "amount": "19040.00",
}
OF_KIND = {
    "quote": {"valid_until": "2026-04-09"},
    "invoice": {"due_on": "2026-04-09", "received": "1000.00"},
    "receipt": {"payments": [PAYMENT], "last_day": "2027-03-10"},
    "credit_note": {
        "credits": 5_000,
        "net": "4000.00",
        "tax": "760.00",
        "total": "4760.00",
        "paid_on": "2026-05-01",
        "provider": "bank",
    },
}
KINDS = sorted(OF_KIND)
PREFIX = {"quote": "QU", "invoice": "IN", "receipt": "RE", "credit_note": "CN"}


def paper(kind, *, status="awaiting", replaced_at=None, **facts):
    """Return an unsaved document of the kind."""
    return Document(
        order=Order(number="TC-2026-000012", status=status),
        kind=kind,
        number=f"{PREFIX[kind]}-2026-000001",
        facts=FACTS | OF_KIND[kind] | facts,
        issued_at=datetime(2026, 3, 10, 12, tzinfo=UTC),
        replaced_at=replaced_at,
    )


def read(document):
    """Draw the document and open what was drawn."""
    return PdfReader(io.BytesIO(render_pdf(document)))


def text_of(document):
    """Return all words of the drawn document, in one line."""
    pages = "\n".join(page.extract_text() for page in read(document).pages)
    return " ".join(pages.replace("\u200b", "").split())


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param
