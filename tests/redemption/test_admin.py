import csv
import io
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import ledger
from redemption.models import Registration, TrainingSession
from redemption.services import Person, cancel, mark_attendance
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
    for name in ("move", "cancel", "attendance", "roster"):
        assert client.post(page(session, name)).status_code == 403


def test_nobody_deletes_a_class_or_registration(admin_client, session):
    redemption = register(funded_account(), session=session)
    for path in (
        page(session, "delete"),
        f"/admin/redemption/redemption/{redemption.pk}/delete/",
    ):
        assert admin_client.post(path, {"post": "yes"}).status_code == 403


def csv_of(admin_client, session):
    answer = admin_client.get(page(session, "roster.csv").rstrip("/"))
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_roster_names_who_has_a_place(admin_client, session):
    redemption = register(funded_account(), session=session, names=("bo", "ann"), note="No <nuts>")
    text = admin_client.get(page(session, "roster")).text
    assert text.index("Ann") < text.index("bo@example.com</span></th>")
    assert redemption.reference in text
    assert "No &lt;nuts&gt;" in text


def test_the_roster_leaves_cancelled_places_out(admin_client, session):
    redemption = register(funded_account(), session=session, names=("ann", "bo"))
    place = redemption.registrations.get(name="Bo")
    cancel(redemption=redemption, places=[place], actor="registration:1")
    assert "bo@example.com" not in admin_client.get(page(session, "roster")).text
    assert [row[0] for row in csv_of(admin_client, session)] == ["Name", "Ann"]


def test_an_empty_roster_says_so(admin_client, session):
    assert "Nobody has registered yet." in admin_client.get(page(session, "roster")).text


def test_the_roster_comes_as_a_table(admin_client, session):
    account = funded_account()
    redemption = register(account, session=session, note="No nuts")
    assert csv_of(admin_client, session)[1] == [
        "Ann", "ann@example.com", "registered", "100", account.name,
        "Ann", "ann@example.com", redemption.reference, "", "No nuts",
    ]  # fmt: skip


def test_the_table_holds_no_formula(admin_client, session):
    register(funded_account(), session=session, registrant=Person("@SUM(A1)", "a@example.com"),
             participants=[Person("=1+1", "b@example.com")], note="+1")  # fmt: skip
    row = csv_of(admin_client, session)[1]
    assert (row[0], row[5], row[9]) == ("'=1+1", "'@SUM(A1)", "'+1")


def test_the_table_is_named_after_class_and_day(admin_client, session):
    answer = admin_client.get(page(session, "roster.csv").rstrip("/"))
    name = f"roster-{session.training.slug}-2026-04-09.csv"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_roster_of_more_people_costs_no_query_more(
    admin_client, session, django_assert_max_num_queries
):
    account = funded_account()
    register(account, session=session)
    with CaptureQueriesContext(connection) as one:
        admin_client.get(page(session, "roster"))
    register(account, session=session, names=("bo", "cy"))
    with django_assert_max_num_queries(len(one)):
        admin_client.get(page(session, "roster"))


def test_staff_who_may_look_print_the_roster_and_mark_nothing(client, session, django_user_model):
    sue = django_user_model.objects.create_user("sue@example.com", is_staff=True)
    sue.user_permissions.add(Permission.objects.get(codename="view_trainingsession"))
    client.force_login(sue)
    assert client.get(page(session, "roster")).status_code == 200
    assert client.get(page(session, "attendance")).status_code == 403


def test_attendance_tells_two_of_the_same_name_apart(admin_client, session, moving_clock):
    account = funded_account()
    register(account, session=session)
    twin = Person("Ann", "ann@elsewhere.example")
    register(account, session=session, registrant=twin, participants=[twin])
    text = admin_client.get(page(session, "attendance")).text
    assert "Ann (ann@example.com)" in text
    assert "Ann (ann@elsewhere.example)" in text


def test_a_registration_leads_staff_to_its_own_page(admin_client, session):
    redemption = register(funded_account(), session=session)
    path = f"/admin/redemption/redemption/{redemption.pk}/change/"
    assert redemption.get_absolute_url() in admin_client.get(path).text


def test_a_registration_whose_link_is_lost_still_opens(admin_client, session, settings):
    redemption = register(funded_account(), session=session)
    settings.PASSKEY_KEYS = [Fernet.generate_key().decode()]
    answer = admin_client.get(f"/admin/redemption/redemption/{redemption.pk}/change/")
    assert (answer.status_code, "View on site" in answer.text) == (200, False)


def test_the_lists_open(admin_client, session):
    register(funded_account(), session=session)
    TrainingSessionFactory(starts_at=session.starts_at + timedelta(days=1))
    for name in ("training", "trainingsession", "redemption"):
        assert admin_client.get(f"/admin/redemption/{name}/").status_code == 200
