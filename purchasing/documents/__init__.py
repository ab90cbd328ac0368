"""The papers of an order as PDF/UA: facts kept when issued, drawn again as they were."""

from .facts import credit_note_facts, invoice_facts, quote_facts, receipt_facts
from .paper import render_pdf

__all__ = [
    "credit_note_facts",
    "invoice_facts",
    "quote_facts",
    "receipt_facts",
    "render_pdf",
]
