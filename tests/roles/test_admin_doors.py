"""Every page of the administration against every role: the answer that the table declares."""

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.roles import people
from tests.roles.admin_doors import MODELS, PLAIN, SENT_BACK, allowed
from tests.roles.people import GROUPS, ROLES

# Pages of the administration itself: signing in and out, look-ups of other pages.
FRAME = {"app_list", "autocomplete", "login", "logout", "view_on_site"}
STAFF = {*GROUPS, "superuser"}
NO_ROW = 0  # its page sends staff back to the index

pytestmark = pytest.mark.django_db


def pages(resolver=None):
    """Yield the names of the administration's pages."""
    if resolver is None:
        urls = get_resolver().url_patterns
        resolver = next(p for p in urls if getattr(p, "namespace", "") == "admin")
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from pages(pattern)
        elif pattern.name:
            yield pattern.name


def split(page):
    """Return the model and the action that a page's name tells."""
    if page == "auth_user_password_change":
        return "accounts_user", "password_change"
    for model in MODELS:
        if page.startswith(f"{model}_"):
            return model, page.removeprefix(f"{model}_")
    return None


def rows():
    """Return the id of a row of each model, or NO_ROW."""
    found = {}
    for model in admin.site._registry:
        pk = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        found[f"{model._meta.app_label}_{model._meta.model_name}"] = pk or NO_ROW
    return found


def address(page, *found):
    """Return the page's address: of the whole list, else of the row, else of the row's part."""
    for length in range(len(found) + 1):
        try:
            return reverse(f"admin:{page}", args=found[:length])
        except NoReverseMatch:
            continue
    raise AssertionError(page)


def knock(client, path):
    with transaction.atomic():
        status = client.get(path).status_code
        transaction.set_rollback(True)
    return status


def declared(role, let_in, page, path, pk):
    """Return the status that the table declares; whoever is no staff is sent to sign in."""
    if role not in STAFF:
        return 302
    if role not in let_in:
        return 403
    return 302 if page in SENT_BACK or (f"/{pk}/" in path and pk == NO_ROW) else 200


def test_every_page_stands_in_the_table():
    unknown = {page for page in pages() if page not in FRAME | set(PLAIN) and not split(page)}
    assert unknown == set()


def test_every_role_gets_the_declared_page_of_the_administration():
    world = people.build_world()
    clients = people.clients(world)
    ids = rows() | {
        "redemption_redemption": world.confirmed.pk,
        "purchasing_order": world.paid.pk,
    }
    differ = []
    for page in set(pages()) - FRAME:
        model, action = split(page) or ("", page)
        pk = ids.get(model, NO_ROW)
        part = world.refund if model == "purchasing_order" else world.place
        path = address(page, pk, part.pk)
        for role in ROLES:
            expected = declared(role, allowed(model, action) if model else STAFF, page, path, pk)
            status = knock(clients[role], path)
            if status != expected:
                differ.append((page, role, expected, status))
    assert differ == []
