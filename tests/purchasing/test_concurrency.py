"""Several doors at once: money arrives twice, a buyer clicks twice. One lot, one order."""

import multiprocessing

import pytest
from django.db import connection, connections

from accounts import ledger
from accounts.ledger import CreditLot
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import PaymentReused
from purchasing.models import Document, NumberSeries, Order, Payment
from purchasing.services import accept_quote, cancel_order, place_order, settle
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import OrderFactory, ensure_prices, purchase

FORK = multiprocessing.get_context("fork")
PROCESSES = 6


@pytest.fixture
def prices(transactional_db):
    ensure_prices()


pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("prices")]


def all_at_once(work, times=PROCESSES):
    """Call `work(n)` in so many processes that start together; return their sorted results."""
    results = FORK.Queue()
    gate = FORK.Barrier(times)

    def child(number):
        gate.wait(30)
        try:
            results.put(str(work(number)))
        except Exception as error:
            results.put(type(error).__name__)
        connections.close_all()

    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    children = [FORK.Process(target=child, args=(number,), daemon=True) for number in range(times)]
    for process in children:
        process.start()
    seen = [results.get(timeout=60) for _ in children]
    for process in children:
        process.join(10)
    return sorted(seen)


def book(order, reference, amount=None):
    payment = settle(
        order=order,
        provider="bank",
        external_id=reference,
        amount=order.total if amount is None else amount,
        currency="USD",
        received_on=clock.today(),
        actor="job:test",
    )
    return payment.pk


def test_the_same_payment_booked_at_once_makes_one_lot():
    order = OrderFactory()
    answers = all_at_once(lambda _number: book(order, "BANK-1"))
    assert len(set(answers)) == 1
    assert (Payment.objects.count(), CreditLot.objects.count()) == (1, 1)
    assert OutboundMail.objects.filter(name="purchasing.payment_received").count() == 1


def test_different_payments_booked_at_once_make_one_lot():
    order = OrderFactory()
    all_at_once(lambda number: book(order, f"BANK-{number}"))
    assert (Payment.objects.count(), CreditLot.objects.count()) == (PROCESSES, 1)
    assert order.account.passkeys.count() == 1
    assert ledger.verify() == []


def test_part_payments_booked_at_once_are_granted_when_complete():
    order = OrderFactory(credits=600)
    all_at_once(lambda number: book(order, f"BANK-{number}", order.total / PROCESSES))
    assert CreditLot.objects.get().available == 600


def test_one_reference_for_two_orders_at_once_is_booked_for_one():
    orders = [OrderFactory() for _ in range(PROCESSES)]
    answers = all_at_once(lambda number: book(orders[number], "BANK-1"))
    assert answers.count(PaymentReused.__name__) == PROCESSES - 1
    assert CreditLot.objects.count() == 1


def test_two_orders_of_one_account_paid_at_once_share_one_passkey():
    account = CreditAccountFactory()
    orders = [OrderFactory(account=account, credits=100) for _ in range(PROCESSES)]
    all_at_once(lambda number: book(orders[number], f"BANK-{number}"))
    assert ledger.balance(account=account).available == 100 * PROCESSES
    assert account.passkeys.count() == 1


def test_a_payment_and_a_cancellation_at_once_leave_one_of_both():
    order = OrderFactory()

    def pay_or_cancel(number):
        return (
            book(order, "BANK-1") if number % 2 else cancel_order(order=order, actor="job:test").pk
        )

    all_at_once(pay_or_cancel)
    order.refresh_from_db()
    assert (order.status, CreditLot.objects.count()) in [("paid", 1), ("cancelled", 0)]


def test_a_double_click_at_once_places_one_order():
    buyer = UserFactory()
    wanted = purchase(new_account_name="Acme")
    numbers = all_at_once(lambda _number: place_order(buyer=buyer, purchase=wanted, key="k"))
    assert len(set(numbers)) == 1
    assert buyer.owned_accounts.count() == 1


def test_orders_placed_at_once_have_numbers_without_a_gap():
    buyers = [CreditAccountFactory().owner for _ in range(PROCESSES)]
    all_at_once(
        lambda number: place_order(
            buyer=buyers[number],
            purchase=purchase(account=buyers[number].owned_accounts.get()),
            key="k",
        )
    )
    last = NumberSeries.objects.get(kind="order").last
    assert last == Order.objects.count() == PROCESSES


def test_receipts_issued_at_once_have_numbers_without_a_gap():
    orders = [OrderFactory(credits=100) for _ in range(PROCESSES)]
    all_at_once(lambda number: book(orders[number], f"BANK-{number}"))
    receipts = Document.objects.filter(kind="receipt").order_by("number")
    given = [int(number[-6:]) for number in receipts.values_list("number", flat=True)]
    assert given == list(range(1, PROCESSES + 1))


def test_a_quote_accepted_at_once_has_one_invoice():
    order = OrderFactory()

    def accept(_number):
        return accept_quote(order=order, po_number="", payables_email="", actor="job:test").pk

    all_at_once(accept)
    assert [paper.number[-6:] for paper in order.documents.filter(kind="invoice")] == ["000001"]
