"""Events of the card provider: each applied once in effect, whenever and however often it comes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import CreditAccount
from credits_portal.outbox.models import OutboundMail
from purchasing.models import CardSession, Dispute, Order, Payment, ProviderEvent, Refund
from purchasing.services import cancel_order, events
from purchasing.services.cards import open_card_page
from purchasing.tasks import apply_events
from tests.factories.purchasing import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def order(stripe):
    return OrderFactory(method="card")


@pytest.fixture
def checkout(order):
    """Return the id of the order's open page."""
    open_card_page(order=order, seen=order.total)
    return order.card_sessions.get().external_id


def store(event):
    return events.store_event(
        external_id=event["id"],
        kind=event["type"],
        object_id=event["data"]["object"]["id"],
        raw=event,
    )


def bring(stripe, *kinds):
    """Store the fake's events of these types, all if none is named, and apply them."""
    for event in stripe.events_of(*kinds) if kinds else stripe.events:
        store(event)
    apply_events()


def states(order):
    """Return the order's status and whether its account may spend."""
    fresh = Order.objects.select_related("account").get(pk=order.pk)
    return fresh.status, fresh.account.status


# --- What the events of a session do ------------------------------------------------------------
def test_a_completed_page_pays_the_order(order, checkout, stripe):
    stripe.pay(checkout)
    bring(stripe)
    assert states(order) == ("paid", "open")


def test_a_completed_page_is_confirmed_by_one_mail(order, checkout, stripe):
    stripe.pay(checkout)
    bring(stripe)
    assert OutboundMail.objects.filter(name="purchasing.payment_received").count() == 1


def test_an_event_names_the_order_that_it_was_about(order, checkout, stripe):
    stripe.pay(checkout)
    bring(stripe, "checkout.session.completed")
    assert ProviderEvent.objects.get().order == order


def test_an_event_that_lies_of_the_amount_changes_nothing(order, checkout, stripe):
    stripe.pay(checkout)
    (event,) = stripe.events_of("checkout.session.completed")
    event["data"]["object"] |= {"amount_total": 1, "currency": "eur"}
    bring(stripe)
    assert Payment.objects.get().amount == Decimal("18000.00")


def test_a_page_that_is_not_paid_grants_nothing_whatever_its_event_says(order, checkout, stripe):
    store(
        {
            "id": "evt_1",
            "type": "checkout.session.completed",
            "data": {"object": {"id": checkout, "payment_status": "paid"}},
        }
    )
    apply_events()
    assert states(order) == ("awaiting", "open")


def test_money_that_takes_days_pays_when_it_arrives(order, checkout, stripe):
    stripe.pay_later(checkout)
    bring(stripe)
    assert states(order) == ("awaiting", "open")
    stripe.arrive(checkout)
    bring(stripe)
    assert states(order) == ("paid", "open")


def test_money_that_never_arrives_leaves_the_order_payable(order, checkout, stripe):
    stripe.pay_later(checkout)
    stripe.fall_through(checkout)
    bring(stripe)
    order.refresh_from_db()
    assert order.is_payable


def test_an_expired_page_leaves_the_order_payable(order, checkout, stripe):
    stripe.expire_session(checkout)
    bring(stripe)
    order.refresh_from_db()
    assert (order.is_payable, order.card_sessions.get().status) == (True, "expired")


def test_a_declined_card_leaves_the_page_open(order, checkout, stripe):
    stripe.decline(checkout)
    bring(stripe)
    assert order.card_sessions.get().status == "open"


def test_two_pages_paid_are_two_payments_and_one_lot(order, checkout, stripe):
    CardSession.objects.update(status="expired")  # as if the portal had believed so
    open_card_page(order=order, seen=order.total)
    for session in stripe.find("cs_test"):
        stripe.pay(session["id"])
    bring(stripe)
    order.refresh_from_db()
    assert (order.lot.credits, list(Order.objects.overpaid())) == (18_000, [order])


def test_paying_a_cancelled_order_is_listed(order, checkout, stripe):
    stripe.pay(checkout)
    cancel_order(order=order, actor="job:test")
    bring(stripe)
    assert list(Order.objects.paid_after_end()) == [order]


def test_an_event_that_overtakes_the_note_of_its_page_pays_the_order(order, checkout, stripe):
    CardSession.objects.all().delete()
    stripe.pay(checkout)
    bring(stripe)
    assert states(order) == ("paid", "open")


def test_an_event_of_another_sellers_page_is_done_with(stripe):
    session = stripe.create_session(other_page())
    stripe.pay(session["id"])
    bring(stripe, "checkout.session.completed")
    event = ProviderEvent.objects.get()
    assert (event.order, bool(event.applied_at), Payment.objects.count()) == (None, True, 0)


def test_a_paid_page_of_an_unknown_order_waits_for_staff(order, checkout, stripe):
    stripe.get("cs_test", checkout)["metadata"]["order"] = "TC-2026-999999"
    CardSession.objects.all().delete()
    stripe.pay(checkout)
    bring(stripe, "checkout.session.completed")
    event = ProviderEvent.objects.get()
    assert (event.applied_at, "does not exist" in event.error) == (None, True)


# --- Money back --------------------------------------------------------------------------------
def test_a_refund_in_the_dashboard_is_recorded(order, checkout, stripe):
    intent = stripe.pay(checkout)
    stripe.refund_in_dashboard(intent, 100_000)
    bring(stripe)
    refund = Refund.objects.get()
    assert (refund.amount, refund.credits, refund.origin) == (Decimal(1000), 1000, "provider")


@pytest.mark.parametrize("kind", ["charge.refunded", "refund.created"])
def test_a_refund_that_is_told_before_the_payment_books_both(order, checkout, stripe, kind):
    stripe.refund_in_dashboard(stripe.pay(checkout), 100_000)
    bring(stripe, kind)
    assert (states(order), Refund.objects.get().amount) == (("paid", "open"), Decimal(1000))


def test_a_refund_that_came_back_has_failed(order, checkout, stripe):
    refund = stripe.refund_in_dashboard(stripe.pay(checkout), 100_000)
    stripe.fail_refund(refund["id"])
    bring(stripe)
    assert Refund.objects.get().status == "failed"


def test_a_refund_of_another_sellers_payment_is_done_with(stripe):
    intent = stripe.create_payment({"amount": "900", "currency": "usd", "confirm": "true"})
    stripe.refund_in_dashboard(intent["id"])
    bring(stripe)
    assert (Refund.objects.count(), ProviderEvent.objects.filter(applied_at=None).count()) == (0, 0)


def test_a_dispute_freezes_the_account(order, checkout, stripe):
    stripe.dispute(stripe.pay(checkout))
    bring(stripe)
    assert states(order)[1] == CreditAccount.Status.FROZEN


def test_a_dispute_that_is_told_before_the_payment_books_both(order, checkout, stripe):
    stripe.dispute(stripe.pay(checkout))
    bring(stripe, "charge.dispute.created")
    assert (Payment.objects.count(), Dispute.objects.get().status) == (1, "open")


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_ends_as_the_bank_decides(order, checkout, stripe, outcome):
    dispute = stripe.dispute(stripe.pay(checkout))
    stripe.close_dispute(dispute["id"], status=outcome)
    bring(stripe)
    assert Dispute.objects.get().status == outcome


def test_an_inquiry_takes_and_freezes_nothing(order, checkout, stripe):
    inquiry = stripe.dispute(stripe.pay(checkout), status="warning_needs_response")
    stripe.close_dispute(inquiry["id"], status="warning_closed")
    bring(stripe)
    assert (states(order), Dispute.objects.count()) == (("paid", "open"), 0)


# --- Once, and not lost ------------------------------------------------------------------------
def test_an_event_is_applied_once(order, checkout, stripe):
    stripe.pay(checkout)
    bring(stripe)
    calls = len(stripe.requests)
    bring(stripe)
    assert len(stripe.requests) == calls


def test_an_event_that_another_worker_has_is_left_to_it(order, checkout, stripe):
    stripe.pay(checkout)
    (told,) = stripe.events_of("checkout.session.completed")
    event = store(told)
    first = ProviderEvent.objects.get(pk=event.pk)
    assert (events.apply_event(event), events.apply_event(first)) == (True, False)


def test_what_a_killed_worker_had_begun_is_done_again_within_a_minute(
    order, checkout, stripe, moving_clock, monkeypatch
):
    stripe.pay(checkout)

    def killed(event):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(events, "handle", killed)
        with pytest.raises(SystemExit):
            bring(stripe)
    moving_clock.advance(seconds=45)
    apply_events()
    assert Payment.objects.count() == 1


def test_an_event_waits_while_stripe_is_away(order, checkout, stripe):
    stripe.pay(checkout)
    stripe.trouble("error", times=2)
    bring(stripe, "checkout.session.completed")
    event = ProviderEvent.objects.get()
    assert (event.applied_at, event.attempts, "cannot be reached" in event.error) == (None, 1, True)


def test_an_event_that_waited_is_applied_when_stripe_is_back(order, checkout, stripe, moving_clock):
    stripe.pay(checkout)
    stripe.trouble("error", times=2)
    bring(stripe, "checkout.session.completed")
    moving_clock.advance(seconds=15)
    apply_events()
    assert states(order) == ("paid", "open")


def test_while_stripe_is_away_no_other_event_asks_it(order, checkout, stripe):
    stripe.pay(checkout)
    stripe.expire_session(stripe.create_session(other_page())["id"])
    stripe.trouble("error", times=2)
    bring(stripe, "checkout.session.completed", "checkout.session.expired")
    assert sorted(ProviderEvent.objects.values_list("attempts", flat=True)) == [0, 1]


def test_an_event_that_fails_holds_up_no_other(order, checkout, stripe):
    stripe.pay(checkout)
    gone = stripe.expire_session(stripe.create_session(other_page())["id"])
    del stripe.objects[gone["id"]]
    bring(stripe, "checkout.session.expired", "checkout.session.completed")
    assert states(order) == ("paid", "open")


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 15), (2, 30), (3, 60), (9, 3600), (99, 3600)]
)
def test_waits_grow_to_an_hour(stripe, moving_clock, attempts, seconds):
    event = store({"id": "evt_1", "type": "refund.created", "data": {"object": {"id": "re_none"}}})
    ProviderEvent.objects.update(attempts=attempts - 1)
    event.refresh_from_db()
    events.apply_event(event)
    event.refresh_from_db()
    assert event.next_try_at - moving_clock.moment == timedelta(seconds=seconds)


def test_staff_have_a_waiting_event_tried_now(stripe, moving_clock):
    event = store({"id": "evt_1", "type": "refund.created", "data": {"object": {"id": "re_none"}}})
    apply_events()
    events.retry(event=event)
    apply_events()
    event.refresh_from_db()
    assert event.attempts == 2


def test_an_applied_event_is_not_tried_again(stripe):
    event = store({"id": "evt_1", "type": "customer.created", "data": {"object": {"id": "cus_1"}}})
    apply_events()
    assert events.retry(event=event) is False


def other_page():
    return {
        "mode": "payment",
        "success_url": "https://shop.example.com/",
        "line_items": [{"quantity": "1", "price_data": {"unit_amount": "900", "currency": "usd"}}],
    }
