"""The fake is honest: its objects are the library's, and it keeps Stripe's own rules."""

import threading

import pytest
import requests
import stripe as library
from stripe.checkout import Session

from .fixtures import stripe
from .shapes import UnknownParameter, check_parameters, fits, shape

__all__ = ["stripe"]

PAGE = {
    "mode": "payment",
    "success_url": "https://a.example.com/",
    "line_items": [
        {
            "quantity": 1,
            "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "x"}},
        }
    ],
}


@pytest.fixture
def client(stripe):
    """Return the unmodified library, pointed at the fake."""
    return library.StripeClient(stripe.secret_key, base_addresses={"api": stripe.url})


@pytest.fixture
def checkout(client):
    return client.v1.checkout.sessions.create(PAGE)


# --- Objects -----------------------------------------------------------------------------------
def test_a_field_that_the_library_does_not_publish_is_an_error():
    with pytest.raises(AssertionError, match="has no"):
        shape(library.Refund, id="re_1", unheard_of=1)


def test_a_missing_field_is_an_error():
    with pytest.raises(AssertionError, match="amount"):
        shape(library.Refund, id="re_1", object="refund", created=1, currency="usd")


def test_a_field_of_another_type_is_an_error():
    with pytest.raises(AssertionError, match="amount"):
        shape(library.Refund, id="re", object="refund", created=1, currency="usd", amount="1")


def test_nested_objects_are_the_librarys_too():
    assert not fits({"unheard_of": 1}, Session.AutomaticTax)


def test_every_object_that_the_fake_made_is_what_the_library_publishes(stripe, checkout):
    intent = stripe.pay(checkout.id)
    stripe.refund_in_dashboard(intent, 100)
    stripe.dispute(intent)
    kinds = {
        "checkout.session": Session,
        "payment_intent": library.PaymentIntent,
        "charge": library.Charge,
        "refund": library.Refund,
        "dispute": library.Dispute,
    }
    made = list(stripe.objects.values())
    assert [each["id"] for each in made if not fits(each, kinds[each["object"]])] == []
    assert {each["object"] for each in made} == set(kinds)


def test_every_event_is_what_the_library_publishes(stripe, checkout):
    stripe.dispute(stripe.pay(checkout.id))
    assert [event["type"] for event in stripe.events if not fits(event, library.Event)] == []


def test_the_library_reads_the_fakes_signed_events(stripe, client, checkout):
    stripe.pay(checkout.id)
    body, signature = stripe.signed(stripe.events[-1])
    event = client.construct_event(body, signature, stripe.webhook_secret)
    assert (event.type, event.data.object["id"]) == ("checkout.session.completed", checkout.id)


# --- Parameters --------------------------------------------------------------------------------
def test_a_parameter_that_the_library_left_out_is_refused(client):
    with pytest.raises(library.InvalidRequestError, match="payment_method_types"):
        client.v1.checkout.sessions.create({**PAGE, "payment_method_types": ["card"]})


def test_a_parameter_inside_another_is_looked_at():
    line = {"line_items": [{"quantity": "1", "price_data": {"unheard_of": "1"}}]}
    with pytest.raises(UnknownParameter, match=r"line_items\[price_data\]\[unheard_of\]"):
        check_parameters(library.params.checkout.SessionCreateParams, line)


def test_a_property_that_is_no_object_is_not_expanded(client, checkout):
    with pytest.raises(library.InvalidRequestError, match="expanded"):
        client.v1.checkout.sessions.retrieve(checkout.id, {"expand": ["currency"]})


# --- Keys --------------------------------------------------------------------------------------
def test_the_same_key_is_answered_the_same(client, stripe):
    options = {"idempotency_key": "one"}
    first = client.v1.checkout.sessions.create(PAGE, options)
    again = client.v1.checkout.sessions.create(PAGE, options)
    assert (first.id, len(stripe.find("cs_test"))) == (again.id, 1)


def test_a_repeated_answer_says_that_it_is_one(client):
    for _ in range(2):
        made = client.v1.checkout.sessions.create(PAGE, {"idempotency_key": "one"})
    assert made.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_something_else_is_an_error(client):
    client.v1.checkout.sessions.create(PAGE, {"idempotency_key": "one"})
    with pytest.raises(library.IdempotencyError):
        client.v1.checkout.sessions.create({**PAGE, "locale": "de"}, {"idempotency_key": "one"})


def test_a_refusal_is_repeated_too(client, stripe):
    refused = {"payment_intent": "pi_none"}
    for _ in range(2):
        with pytest.raises(library.InvalidRequestError):
            client.v1.refunds.create(refused, {"idempotency_key": "one"})
    assert len(stripe.requests) == 2


def test_the_same_key_twice_at_once_is_one_page(stripe):
    answers = []

    def create():
        client = library.StripeClient(
            stripe.secret_key, base_addresses={"api": stripe.url}, max_network_retries=3
        )
        answers.append(client.v1.checkout.sessions.create(PAGE, {"idempotency_key": "one"}).id)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), len(stripe.find("cs_test"))) == (4, 1, 1)


# --- Bad days ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", library.APIError),
        ("limit", library.RateLimitError),
        ("busy", library.APIError),
        ("lost", library.APIConnectionError),
    ],
)
def test_a_bad_day_is_the_librarys_own_error(client, stripe, kind, error):
    stripe.trouble(kind)
    with pytest.raises(error):
        client.v1.checkout.sessions.create(PAGE)


def test_a_lost_answer_was_done(client, stripe):
    stripe.trouble("lost")
    with pytest.raises(library.APIConnectionError):
        client.v1.checkout.sessions.create(PAGE)
    assert len(stripe.find("cs_test")) == 1


def test_a_slow_answer_is_a_time_out(stripe):
    stripe.trouble("slow", seconds=0.5)
    client = library.StripeClient(
        stripe.secret_key,
        base_addresses={"api": stripe.url},
        http_client=library.RequestsClient(timeout=0.1),
    )
    with pytest.raises(library.APIConnectionError):
        client.v1.checkout.sessions.list()


def test_another_key_is_refused(stripe):
    client = library.StripeClient("sk_test_of_nobody", base_addresses={"api": stripe.url})
    with pytest.raises(library.AuthenticationError):
        client.v1.checkout.sessions.list()


# --- Money -------------------------------------------------------------------------------------
def test_no_more_is_refunded_than_was_paid(client, stripe, checkout):
    intent = stripe.pay(checkout.id)
    client.v1.refunds.create({"payment_intent": intent, "amount": 600})
    with pytest.raises(library.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 400})


def test_a_page_is_paid_once(client, stripe, checkout):
    stripe.pay(checkout.id)
    with pytest.raises(library.InvalidRequestError):
        client.v1.checkout.sessions.expire(checkout.id)


def test_a_buyer_pays_on_the_page_and_is_sent_back(stripe, checkout):
    answer = requests.post(checkout.url, {"outcome": "pay"}, allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE["success_url"])
    assert stripe.get("cs_test", checkout.id)["payment_status"] == "paid"


def test_a_declined_card_leaves_the_page_open(stripe, checkout):
    answer = requests.post(checkout.url, {"outcome": "decline"}, timeout=5)
    assert "declined" in answer.text
    assert stripe.get("cs_test", checkout.id)["status"] == "open"
