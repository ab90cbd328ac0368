"""The webhook: 200 if and only if the event is kept, and no hostile body leaves a trace."""

import json
import random
import time

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from purchasing.models import ProviderEvent
from purchasing.services import events
from purchasing.views.hooks import stripe_hook
from tests.fake_stripe import World

pytestmark = pytest.mark.django_db

PATH = reverse("purchasing:stripe_hook")
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "created": 1,
    "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "amount_total": 100}},
}
MUTATIONS = 5000


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Thousands of refusals are no news."""
    caplog.set_level("ERROR", "django.request")


@pytest.fixture
def world(settings):
    world = World()
    settings.STRIPE_SECRET_KEY = world.secret_key
    settings.STRIPE_WEBHOOK_SECRET = world.webhook_secret
    return world


@pytest.fixture
def send(client, world):
    """Post a body, signed as Stripe signs it unless a signature is given."""

    def send(body, signature=None, **signing):
        if signature is None and isinstance(body, bytes):
            signature = world.signed(body.decode("latin-1"), **signing)[1]
        elif signature is None:
            body, signature = world.signed(body, **signing)
        headers = {"Stripe-Signature": signature}
        return client.post(PATH, body, content_type="application/json", headers=headers)

    return send


def with_fields(**fields):
    return json.dumps(EVENT | fields)


# --- Kept --------------------------------------------------------------------------------------
def test_a_signed_event_is_kept(send):
    assert send(EVENT).status_code == 200
    kept = ProviderEvent.objects.get()
    assert (kept.provider, kept.external_id, kept.kind, kept.object_id, kept.raw) == (
        "stripe",
        "evt_1",
        "checkout.session.completed",
        "cs_test_1",
        EVENT,
    )


def test_an_event_that_comes_twice_is_kept_once(send):
    assert [send(EVENT).status_code for _ in range(2)] == [200, 200]
    assert ProviderEvent.objects.count() == 1


def test_an_event_of_no_consequence_is_kept_too(send):
    send(with_fields(type="customer.created"))
    assert ProviderEvent.objects.get().kind == "customer.created"


def test_a_kept_event_wakes_a_worker(send, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(events, "wake", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        send(EVENT)
    assert woken == ["purchasing.apply_events"]


def test_the_webhook_asks_for_no_csrf_token(world):
    body, signature = world.signed(EVENT)
    careful = Client(enforce_csrf_checks=True)
    answer = careful.post(
        PATH, body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    assert answer.status_code == 200


def test_a_database_that_is_away_is_no_200(send, monkeypatch):
    def away(**fields):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(events, "store_event", away)
    assert send(EVENT).status_code == 503


# --- Refused -----------------------------------------------------------------------------------
DEEP = (
    '{"object":"event","id":"e","type":"t","data":{"object":' + "[" * 50_000 + "]" * 50_000 + "}}"
)
HOSTILE = {
    "nothing": "",
    "no JSON": "hello",
    "half of it": json.dumps(EVENT)[:-1],
    "a list": "[]",
    "null": "null",
    "a number": "1",
    "a text": '"event"',
    "an empty object": "{}",
    "another object": with_fields(object="v2.core.event"),
    "no id": with_fields(id=None),
    "an id that is a number": with_fields(id=7),
    "an empty id": with_fields(id=""),
    "a long id": with_fields(id="e" * 256),
    "no type": with_fields(type=None),
    "a long type": with_fields(type="t" * 101),
    "data that is a list": with_fields(data=[]),
    "no data": with_fields(data=None),
    "an object that is a text": with_fields(data={"object": "cs_1"}),
    "an object whose id is a list": with_fields(data={"object": {"id": []}}),
    "an object with a long id": with_fields(data={"object": {"id": "c" * 256}}),
    "NUL": with_fields(id="evt\0"),
    "NUL deep inside": with_fields(data={"object": {"id": "c", "name": ["\0"]}}),
    "a lone surrogate": with_fields(id="evt\ud800"),
    "NaN": with_fields(created=float("nan")),
    "Infinity": with_fields(created=float("inf")),
    "a number without end": json.dumps(EVENT).replace("100", "1e999"),
    "5,000 digits": json.dumps(EVENT).replace("100", "1" * 5000),
    "50,000 lists in each other": DEEP,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_signed_body_that_is_no_event_is_refused(send, body):
    assert send(body).status_code == 400
    assert not ProviderEvent.objects.exists()


def test_bytes_that_are_no_utf8_are_refused(send):
    assert send(b'{"id": "\xff\xfe"}').status_code == 400


BODY = json.dumps(EVENT)
NOW = int(time.time())
SIGNATURES = {
    "none": "",
    "no time": "v1=00",
    "no signature": f"t={NOW}",
    "a wrong one": f"t={NOW},v1={'0' * 64}",
    "not ASCII": f"t={NOW},v1=ünsigned",
    "another scheme": World().signed(BODY)[1].replace("v1=", "v0="),
    "no number": "t=now,v1=00",
    "5,000 digits": f"t={'9' * 5000},v1=00",
    "another secret": World().signed(BODY, secret="whsec_of_somebody")[1],
    "6 minutes old": World().signed(BODY, at=NOW - 360)[1],
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_body_that_is_not_signed_now_by_stripe_is_refused(send, signature):
    assert send(BODY, signature).status_code == 400
    assert not ProviderEvent.objects.exists()


def test_without_a_secret_everything_is_refused(send, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert send(EVENT).status_code == 400


@pytest.mark.parametrize("size", [256 * 1024 + 1, 5_000_000])
def test_a_large_body_is_refused_unread(send, size):
    assert send("x" * size).status_code == 413


def test_a_size_that_is_no_number_is_refused(world):
    request = RequestFactory().post(PATH, b"", content_type="application/json")
    request.META["CONTENT_LENGTH"] = "many"
    assert stripe_hook(request).status_code == 413


def test_a_text_that_only_looks_like_nul_is_kept(send):
    assert send(with_fields(id="evt\\u0000")).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_post_is_answered(client, method):
    assert getattr(client, method)(PATH).status_code == 405


def test_every_refusal_says_the_same(send):
    assert len({send(body).content for body in HOSTILE.values()}) == 1


# --- Changed on the way ------------------------------------------------------------------------
def mutated(body, dice):
    """Change, drop, add or move some bytes of a body, or cut it short; never nothing."""
    changed = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(changed)) if changed else 0
        act = dice.randrange(5)
        if act == 0 and changed:
            changed[place] = dice.randrange(256)
        elif act == 1 and changed:
            del changed[place : place + dice.randint(1, 9)]
        elif act == 2:
            changed[place:place] = dice.randbytes(dice.randint(1, 9))
        elif act == 3:
            changed[place:place] = dice.choice([b"\0", b"\xed\xa0\x80", b"NaN", b"[", b"\\u0000"])
        else:
            del changed[place:]
    return bytes(changed)


def answers(bodies, signature):
    """Return the statuses of bodies, each with what `signature` makes of it."""
    factory = RequestFactory()
    for body in bodies:
        headers = {"Stripe-Signature": signature(body)}
        yield stripe_hook(factory.post(PATH, body, "application/json", headers=headers)).status_code


def test_5000_changed_bodies_leave_no_row_and_no_server_error(world):
    body, signature = world.signed(EVENT)
    dice = random.Random(20260310)
    bodies = [
        each for _ in range(MUTATIONS) if (each := mutated(body.encode(), dice)) != body.encode()
    ]
    assert set(answers(bodies, lambda _body: signature)) == {400}
    assert not ProviderEvent.objects.exists()


def test_2000_changed_bodies_that_are_signed_are_kept_or_refused(world):
    body = json.dumps(EVENT).encode()
    dice = random.Random(20260311)
    bodies = [mutated(body, dice) for _ in range(2000)]
    statuses = list(answers(bodies, lambda body: world.signed(body.decode("latin-1"))[1]))
    assert set(statuses) <= {200, 400}
    assert ProviderEvent.objects.count() <= statuses.count(200)


def test_5000_changed_signatures_leave_no_row_and_no_server_error(world):
    body, signature = world.signed(EVENT)
    dice = random.Random(20260312)

    def changed(_body):
        place = dice.randrange(len(signature))
        letter = dice.choice([c for c in "0123456789abcdef;xé" if c != signature[place]])
        return signature[:place] + letter + signature[place + 1 :]

    assert set(answers([body.encode()] * MUTATIONS, changed)) == {400}
    assert not ProviderEvent.objects.exists()
