from datetime import timedelta

import pytest

from accounts import ledger
from redemption.models import Registration, TrainingSession
from redemption.services import mark_attendance
from tests.factories.redemption import (
    TrainingFactory,
    TrainingSessionFactory,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def session(moving_clock):
    return TrainingSessionFactory()


def page(session, name="change"):
    return f"/admin/redemption/trainingsession/{session.pk}/{name}/"


def test_a_new_class_is_added(admin_client):
    training = TrainingFactory()
    data = {
        "training": training.pk,
        "starts_at_0": "2026-05-04",
        "starts_at_1": "09:00",
        "ends_at_0": "2026-05-04",
        "ends_at_1": "17:00",
        "time_zone": "Europe/Berlin",
        "seats": "8",
        "registrations-TOTAL_FORMS": "0",
        "registrations-INITIAL_FORMS": "0",
    }
    admin_client.post("/admin/redemption/trainingsession/add/", data)
    assert TrainingSession.objects.get().training == training


def test_a_class_shows_its_roster(admin_client, session):
    redemption = register(funded_account(), session=session)
    text = admin_client.get(page(session)).text
    assert "ann@example.com" in text
    assert redemption.reference in text


def test_a_class_is_moved_in_its_own_zone(admin_client, session):
    data = {"starts_at": "2026-05-04 09:00", "ends_at": "2026-05-04 17:00", "notice": "A holiday."}
    admin_client.post(page(session, "move"), data)
    session.refresh_from_db()
    assert session.starts_at.isoformat() == "2026-05-04T07:00:00+00:00"
    assert session.notice == "A holiday."


def test_an_end_before_the_start_is_refused(admin_client, session):
    data = {"starts_at": "2026-05-04 09:00", "ends_at": "2026-05-04 08:00", "notice": "x"}
    assert "The end comes after the start." in admin_client.post(page(session, "move"), data).text


def test_a_class_is_called_off(admin_client, session):
    account = funded_account()
    register(account, session=session)
    admin_client.post(page(session, "cancel"), {"notice": "The trainer is ill."})
    assert ledger.balance(account=account).redeemed == 0


def test_the_time_of_a_class_is_not_edited(admin_client, session):
    before = session.starts_at
    data = {"starts_at_0": "2027-01-01", "starts_at_1": "09:00", "seats": "5"}
    data |= {"registrations-TOTAL_FORMS": "0", "registrations-INITIAL_FORMS": "0"}
    admin_client.post(page(session), data)
    session.refresh_from_db()
    assert (session.starts_at, session.seats) == (before, 5)


def test_attendance_is_marked_in_one_form(admin_client, session, moving_clock):
    register(funded_account(), session=session, names=("ann", "bo"))
    moving_clock.advance(days=31)
    ann = Registration.objects.get(name="Ann")
    admin_client.post(page(session, "attendance"), {"attended": [ann.pk]})
    assert list(Registration.objects.values_list("status", flat=True)) == ["attended", "missed"]


def test_ended_classes_not_yet_marked_are_listed(admin_client, session, moving_clock):
    register(funded_account(), session=session)
    path = "/admin/redemption/trainingsession/?attendance=open"
    assert admin_client.get(path).context["cl"].result_count == 0
    moving_clock.advance(days=31)
    assert admin_client.get(path).context["cl"].result_count == 1


@pytest.mark.parametrize("wanted", ["reference", "email", "last_four"])
def test_registrations_are_found_by_what_a_customer_quotes(admin_client, session, wanted):
    account = funded_account()
    redemption = register(account, session=session)
    text = {
        "reference": redemption.reference.lower(),
        "email": "ann@example.com",
        "last_four": account.passkeys.get().last_four.lower(),
    }[wanted]
    answer = admin_client.get(f"/admin/redemption/redemption/?q={text}")
    assert list(answer.context["cl"].result_list) == [redemption]


def test_staff_return_the_credits_of_a_missed_place(admin_client, session, moving_clock):
    account = funded_account()
    redemption = register(account, session=session)
    moving_clock.advance(days=31)
    mark_attendance(session=session, attended=set())
    place = redemption.registrations.get()
    path = f"/admin/redemption/redemption/{redemption.pk}/places/{place.pk}/return/"
    admin_client.post(path, {"notice": "The trainer was ill."})
    assert ledger.balance(account=account).redeemed == 0


def test_get_changes_nothing(admin_client, session, moving_clock):
    account = funded_account()
    register(account, session=session)
    moving_clock.advance(days=1)
    for name in ("move", "cancel", "attendance"):
        assert admin_client.get(page(session, name)).status_code == 200
    assert ledger.balance(account=account).redeemed == 100
    session.refresh_from_db()
    assert not session.is_cancelled


def test_staff_without_the_permission_move_nothing(client, session, django_user_model):
    client.force_login(django_user_model.objects.create_user("x@example.com", is_staff=True))
    for name in ("move", "cancel", "attendance"):
        assert client.post(page(session, name)).status_code == 403


def test_nobody_deletes_a_class_or_registration(admin_client, session):
    redemption = register(funded_account(), session=session)
    for path in (
        page(session, "delete"),
        f"/admin/redemption/redemption/{redemption.pk}/delete/",
    ):
        assert admin_client.post(path, {"post": "yes"}).status_code == 403


def test_the_lists_open(admin_client, session):
    register(funded_account(), session=session)
    TrainingSessionFactory(starts_at=session.starts_at + timedelta(days=1))
    for name in ("training", "trainingsession", "redemption"):
        assert admin_client.get(f"/admin/redemption/{name}/").status_code == 200
