"""The demo data: made by the services, once, and telling all that the portal does."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from accounts import ledger, passkeys
from accounts.models import CreditAccount, User
from approvals.models import ApprovalRequest
from credits_portal import demo
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption.models import Registration, Training, TrainingSession

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def debug(settings):
    settings.DEBUG = True


@pytest.fixture
def printed(db):
    """Build the demo; return what the command printed."""
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def rows():
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def test_outside_debug_it_is_refused(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("demo")
    assert not User.objects.exists()


def test_a_second_run_changes_nothing(printed):
    before = rows()
    call_command("demo", stdout=StringIO())
    assert rows() == before


@pytest.mark.parametrize("hour", [0, 6, 12, 19, 23])
def test_it_can_be_built_at_any_hour(moving_clock, hour):
    moving_clock.set(2028, 2, 29, hour, 59)
    call_command("demo", stdout=StringIO())
    assert ledger.verify() == []


def test_everybody_printed_can_sign_in(printed, client):
    for persona in [*demo.CUSTOMERS, *demo.STAFF]:
        assert persona.email in printed
        assert client.login(email=persona.email, password=demo.PASSWORD)


def test_every_passkey_printed_pays(printed):
    codes = [line.split()[-1] for line in printed.splitlines() if line.count("-") >= 6]
    names = [passkeys.find(code).account.name for code in codes[:2]]
    assert names == ["Northwind Surveying", "Harbour Labs"]


def test_the_ledger_is_sound(printed):
    assert ledger.verify() == []


def test_nothing_lies_in_the_future(printed):
    assert not ledger.LedgerEntry.objects.filter(created_at__gt=clock.now()).exists()


def test_its_mails_are_not_told_as_a_year_late(printed, client):
    assert client.get("/readyz").json()["mail"] == "ok"


def test_requests_ended_in_every_way_and_some_wait(printed):
    statuses = set(ApprovalRequest.objects.values_list("status", flat=True))
    assert statuses == set(ApprovalRequest.Status.values)


def test_one_account_is_frozen(printed):
    assert [str(account) for account in CreditAccount.objects.filter(status="frozen")] == [
        "Frost Foods"
    ]


def test_lots_are_of_every_age(printed):
    days = {(lot.last_day - clock.today()).days for lot in ledger.CreditLot.objects.all()}
    assert min(days) < 0 < sorted(days)[1] <= 2 < max(days)


def test_the_catalogue_has_classes_in_several_zones_and_courses(printed):
    zones = set(Training.objects.values_list("sessions__time_zone", flat=True))
    assert zones >= {None, "Europe/Berlin", "America/Denver", "Asia/Singapore"}


def test_places_are_in_every_state(printed):
    statuses = set(Registration.objects.values_list("status", flat=True))
    assert statuses == set(Registration.Status.values)


def test_one_class_waits_for_its_attendance_to_be_marked(printed, admin_client):
    rows = admin_client.get("/admin/redemption/trainingsession/?attendance=open").context["cl"]
    assert [str(session.training) for session in rows.result_list] == ["GIS for Teams"]


def test_a_class_was_moved_and_one_called_off(printed):
    sessions = TrainingSession.objects
    assert sessions.exclude(moved_at=None).count() == 1
    assert sessions.filter(status="cancelled").count() == 1


def test_the_mails_of_rare_events_are_there(printed):
    names = set(OutboundMail.objects.values_list("name", flat=True))
    assert names >= {
        "accounts.low_balance",
        "redemption.class_moved",
        "redemption.class_cancelled",
        "redemption.given_up",
        "redemption.missed",
        "redemption.place_passed_on",
    }


def test_each_list_of_the_administration_shows_something(printed, admin_client):
    lists = [
        "accounts/creditaccount",
        "accounts/creditlot",
        "accounts/hold",
        "accounts/ledgerentry",
        "outbox/outboundmail",
        "purchasing/order",
        "purchasing/payment",
        "purchasing/pricelist",
        "redemption/redemption",
        "redemption/training",
        "redemption/trainingsession",
        "reports/accountoverview",
    ]
    shown = {name: admin_client.get(f"/admin/{name}/").context["cl"] for name in lists}
    assert [name for name, rows in shown.items() if rows.result_count == 0] == []
