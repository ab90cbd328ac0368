"""A new buyer signs up on the way and comes back to the same order."""

import re

import pytest

from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.rendering import render
from purchasing.models import Order

pytestmark = pytest.mark.django_db


def test_a_new_buyer_comes_back_from_signing_up_and_places_the_order(client, start, choose, send):
    start()
    choose()
    fields = {"email": "new@example.com", "password1": "correct horse battery"}
    client.post("/sign-up/", fields | {"next": "/buy/check/"}, follow=True)
    code = re.search(r"^\s*(\d{6})\s*$", render(OutboundMail.objects.get()).body, re.MULTILINE)[1]
    answer = client.post("/me/confirm-email/", {"code": code})
    assert answer.url == "/buy/check/"
    send()
    assert Order.objects.get().buyer.email == "new@example.com"
