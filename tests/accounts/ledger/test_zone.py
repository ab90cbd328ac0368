"""The programme's time zone stays once lots exist (rules.md 3)."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from accounts.ledger import zone
from accounts.ledger.models import Programme
from tests.factories.accounts import make_lot


@pytest.fixture
def berlin(settings, db):
    """Start with another zone than before."""
    return lambda: setattr(settings, "PORTAL_TIME_ZONE", "Europe/Berlin")


def kept():
    return Programme.objects.get().time_zone


def test_the_zone_of_the_first_lot_is_kept(db):
    make_lot()
    assert kept() == "America/New_York"


def test_another_zone_stops_the_start_once_lots_exist(berlin):
    make_lot()
    berlin()
    with pytest.raises(ImproperlyConfigured, match="PORTAL_TIME_ZONE"):
        zone.check()


def test_the_same_zone_starts(db):
    make_lot()
    zone.check()
    assert kept() == "America/New_York"


def test_another_zone_is_taken_while_no_lots_exist(berlin):
    zone.check()
    berlin()
    zone.check()
    assert kept() == "Europe/Berlin"


def test_a_lot_is_not_issued_in_another_zone(berlin):
    lot = make_lot()
    berlin()
    with pytest.raises(ImproperlyConfigured):
        make_lot(lot.account)


def test_the_system_check_tells_it(berlin):
    make_lot()
    berlin()
    found = run_checks(tags=["database"], databases=["default"])
    assert [message.id for message in found if message.id == "ledger.E001"] == ["ledger.E001"]
