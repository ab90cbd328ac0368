"""Every POST carries a token of the portal's own page, but for two that are signed (trust.md 3)."""

import pytest
from django.test import Client
from django.urls import get_resolver

SIGNED_INSTEAD = {
    "accounts.views.unsubscribe",
    "purchasing.views.hooks.stripe_hook",
    "reports.views.subscriptions.stop",
}


def views(patterns):
    """Return the view of every address."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern.url_patterns)
        else:
            yield pattern.callback


def test_only_what_is_signed_needs_no_token():
    exempt = [view for view in views(get_resolver().url_patterns) if is_exempt(view)]
    assert {f"{view.__module__}.{view.__name__}" for view in exempt} == SIGNED_INSTEAD


def is_exempt(view):
    return getattr(view, "csrf_exempt", False)


@pytest.fixture
def visitor(db):
    """Return a careful client that has opened the sign-in page, and its token."""
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    return client, client.cookies["csrftoken"].value


@pytest.mark.parametrize("path", ["/sign-in/", "/buy/", "/training/x/register/", "/admin/"])
def test_a_form_without_a_token_is_refused(visitor, path):
    client, _token = visitor
    assert client.post(path, {}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil"])
def test_a_form_from_another_origin_is_refused(visitor, origin):
    client, token = visitor
    form = {"csrfmiddlewaretoken": token, "email": "a@example.com"}
    path = "/registrations/find/"
    assert client.post(path, form, HTTP_ORIGIN=origin).status_code == 403
    assert client.post(path, form, HTTP_ORIGIN="http://testserver").status_code < 400
