"""A large account's pages ask the database as often as a small one's (trust.md 3, speed)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.roles.doors import DOORS
from tests.roles.histories import account_of_size

pytestmark = pytest.mark.django_db

SMALL = {"lots": 3, "entries": 12, "registrations": 3}
LARGE = {"lots": 1000, "entries": 10_000, "registrations": 2000}


def pages(account):
    """Return the addresses of the owner's pages that show the account, by name."""
    found = {
        name: reverse(name, args=[account.public_id])
        for name, door in DOORS.items()
        if door.path == ("account.public_id",) and door.answers["owner"] == 200
    }
    return found | {"accounts:list": "/accounts/", "approvals:inbox": reverse("approvals:inbox")}


def admin_pages(account):
    """Return the addresses of the administration's pages that show the account."""
    names = ["accounts_creditaccount_change", "reports_accountoverview_change"]
    lists = ["accounts_creditlot", "accounts_ledgerentry", "redemption_redemption"]
    return {name: reverse(f"admin:{name}", args=[account.pk]) for name in names} | {
        name: reverse(f"admin:{name}_changelist") + f"?q={account.name}" for name in lists
    }


def counts(client, addresses):
    """Return how many queries each page makes, when opened for the second time."""
    found = {}
    for name, address in addresses.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200, name
        found[name] = len(queries)
    return found


def more(small, large):
    """Return the pages that ask more often for the large account."""
    return {name: (small[name], large[name]) for name in small if large[name] > small[name]}


def test_the_owners_pages_of_a_large_account_make_no_more_queries(client):
    small, large = account_of_size(**SMALL), account_of_size(**LARGE)
    client.force_login(small.owner)
    few = counts(client, pages(small))
    client.force_login(large.owner)
    assert more(few, counts(client, pages(large))) == {}


def test_the_administrations_pages_of_a_large_account_make_no_more_queries(client):
    small, large = account_of_size(**SMALL), account_of_size(**LARGE)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    few = counts(client, admin_pages(small))
    assert more(few, counts(client, admin_pages(large))) == {}
