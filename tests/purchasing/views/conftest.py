"""Buyers at every step of the way."""

import pytest
from django.urls import reverse

from tests.factories.accounts import CreditAccountFactory, UserFactory

BILLING = {"country": "US", "company": "Acme Inc."}


@pytest.fixture
def user(db):
    return UserFactory()


@pytest.fixture
def account(user):
    return CreditAccountFactory(owner=user, name="Acme Training")


@pytest.fixture
def start(client):
    """Take the first step: an amount, for a new account called Acme."""

    def start(**fields):
        fields = {"credits": "3,500", "account_name": "Acme", "account": "new"} | fields
        return client.post(reverse("purchasing:buy"), fields)

    return start


@pytest.fixture
def choose(client):
    """Take the second step: pay by transfer, from the US."""

    def choose(**fields):
        fields = {"method": "transfer"} | BILLING | fields
        return client.post(reverse("purchasing:method"), fields)

    return choose


@pytest.fixture
def ready(client, user, start, choose):
    """Sign in and take both steps."""

    def ready(*, method="transfer", **fields):
        client.force_login(user)
        start(**fields)
        choose(method=method)

    return ready


@pytest.fixture
def send(client):
    """Send the check page as it is shown, or with other fields."""

    def send(**fields):
        page = client.get(reverse("purchasing:check"))
        shown = {"key": "", "seen": ""}
        if page.context and "form" in page.context:
            shown = dict(page.context["form"].initial)
        return client.post(reverse("purchasing:check"), shown | fields)

    return send
