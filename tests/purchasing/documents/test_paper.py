"""Tests of the drawn papers: what they say, and that nothing typed by anybody breaks them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from purchasing.documents import render_pdf
from purchasing.documents.paper import LETTER, compact

from .conftest import FACTS, paper, read, text_of

MARKUP = '#eval("1+1") $x^2$ *b* _i_ `c` @ref <lab> // c /* d */ \\ #panic() [x] {y} ---'
HOSTILE = {
    "markup": MARKUP,
    "html": "<script>alert(1)</script> &amp; {{ 7 * 7 }} {% now %}",
    "right to left": "שלום עולם مرحبا بالعالم",
    "reordering": "a\u202eevil\u202c \u2066x\u2069 \u200b\u200d",
    "many scripts": "Ünïcødé Ελληνικά Кириллица 株式会社 😀 ไทย",
    "one long word": "W" * 500,
    "stacked marks": "Z" + "\u0300" * 150,
    "line breaks": "\n" * 499 + "x",
    "long address": "Line of a long address, number 12\n" * 15,
    "controls": "\x01\x1b[31m\ufffe\uffff",
}
TYPED = {
    "company": 200,
    "address": 500,
    "tax_id": 50,
    "po_number": 50,
    "account": 120,
    "buyer": 200,
}


# --- Accessible --------------------------------------------------------------------------------
def test_a_paper_is_marked_as_pdf_ua(kind):
    pdf = read(paper(kind))
    root = pdf.trailer["/Root"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "en")


def test_a_paper_has_a_title(kind):
    document = paper(kind)
    assert document.number in read(document).metadata.title


@pytest.mark.parametrize(("country", "size"), [("DE", (595, 842)), ("US", (612, 792))])
def test_the_size_of_the_paper_is_that_of_the_country(kind, country, size):
    box = read(paper(kind, country=country)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == size


def test_canada_and_mexico_have_letter_paper():
    assert {"US", "CA", "MX"} <= LETTER


@pytest.mark.parametrize("country", ["DE", "US"])
def test_a_paper_is_one_page(kind, country):
    assert len(read(paper(kind, country=country)).pages) == 1


# --- What it says ------------------------------------------------------------------------------
def test_a_paper_names_seller_and_buyer(kind):
    words = text_of(paper(kind))
    for name in ("seller", "company", "address", "tax_id", "po_number", "payables_email", "order"):
        assert " ".join(FACTS[name].split()) in words


def test_net_tax_and_total_are_lines_of_their_own():
    assert "Net $16,000.00 Tax, 19 % (VAT) $3,040.00 Total USD $19,040.00" in text_of(
        paper("quote")
    )


def test_a_quote_says_until_when_its_price_holds():
    assert "This price holds until 9 April 2026." in text_of(paper("quote"))


def test_an_invoice_says_when_it_is_due_and_what_is_left():
    words = text_of(paper("invoice"))
    assert "Payable by bank transfer until 9 April 2026." in words
    assert "Received so far $1,000.00 Left to pay $18,040.00" in words


@pytest.mark.parametrize("kind", ["quote", "invoice"])
def test_what_asks_for_money_names_the_bank_account(kind):
    assert "Reference TC-2026-000012 Bank account Demonstration Bank" in text_of(paper(kind))


def test_a_receipt_lists_each_payment():
    assert "9 March 2026 bank transfer BANK 1 $19,040.00" in text_of(paper("receipt"))


def test_a_credit_note_says_what_was_paid_back_when():
    words = text_of(paper("credit_note"))
    assert "This amount was paid back to you on 1 May 2026." in words
    assert "5,000 $0.80 $4,000.00" in words


@pytest.fixture
def without_credits():
    """Money that came beyond the price, in another currency."""
    excess = {"credits": 0, "net": "1250.00", "tax": "0.00", "total": "1250.00", "currency": "EUR"}
    return text_of(paper("credit_note", **excess))


def test_a_credit_note_without_credits_tells_of_money_alone(without_credits):
    assert (
        "Description Amount Money paid back of order TC-2026-000012, without taking credits "
        "1,250.00 EUR Total EUR 1,250.00 EUR"
    ) in without_credits


def test_money_that_came_beyond_the_price_has_no_tax(without_credits):
    assert "Tax," not in without_credits


def test_without_a_company_the_buyer_is_named():
    assert "Billed to Olga Northwind" in text_of(paper("quote", company=""))


def test_parts_of_cents_are_shown():
    assert "$0.7525" in text_of(paper("quote", unit_price="0.7525"))


# --- The stamp ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "status", "stamp"),
    [
        ("quote", "quoted", ""),
        ("quote", "awaiting", "ACCEPTED"),
        ("quote", "paid", "PAID"),
        ("quote", "expired", "EXPIRED"),
        ("invoice", "awaiting", ""),
        ("invoice", "paid", "PAID"),
        ("invoice", "cancelled", "CANCELLED"),
        ("receipt", "paid", "PAID"),
        ("receipt", "refunded", "REFUNDED"),
        ("credit_note", "refunded", ""),
    ],
)
def test_the_stamp_tells_how_things_stand_now(kind, status, stamp):
    words = text_of(paper(kind, status=status)).split("Billed to")[0]
    assert words.split("2026-000001")[1].strip() == stamp


def test_a_replaced_paper_says_so():
    document = paper("quote", replaced_at=datetime(2026, 3, 11, tzinfo=UTC))
    assert "REPLACED" in text_of(document)


# --- Drawn again -------------------------------------------------------------------------------
def test_a_paper_drawn_again_is_the_same_to_the_byte(kind):
    assert render_pdf(paper(kind)) == render_pdf(paper(kind))


def test_papers_drawn_at_once_do_not_mix():
    documents = [paper("quote", company=f"Company {number}") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(render_pdf, documents))
    assert drawn == [render_pdf(document) for document in documents]


# --- Hostile text ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_somebody_typed_breaks_a_paper(kind, name):
    typed = {field: HOSTILE[name][:length] for field, length in TYPED.items()}
    document = paper(kind, **typed)
    assert document.number in text_of(document)


def test_markup_is_text(kind):
    assert MARKUP in text_of(paper(kind, company=MARKUP))


@pytest.mark.parametrize("text", ["Ελληνικά Кириллица", "Žluťoučký kůň", "O’Neill – “A” … ½"])
def test_other_alphabets_are_kept(text):
    assert text in text_of(paper("invoice", company=text))


def test_a_character_that_no_font_has_becomes_a_square():
    assert "Acme □ Ltd" in text_of(paper("invoice", company="Acme \U0001fae0 Ltd"))


def test_signs_that_no_font_can_show_at_all_break_no_paper():
    signs = "\u12ef\u0e33\u20dd\u0301\u0301\U0001f468\x1c\u0301"
    assert "Acme" in text_of(paper("invoice", company=f"Acme {signs}", address=signs[::-1]))


def test_a_long_address_stays_on_the_first_page():
    document = paper("receipt", address="x\n" * 250)
    assert len(read(document).pages) == 1


def test_an_address_of_many_lines_is_shortened_without_losing_any():
    lines = [str(number) for number in range(20)]
    short = compact("\n\n".join(lines))
    assert short.count("\n") == 7
    assert short.replace("\n", ", ").split(", ") == lines
