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
from redemption.services import Person, cancel, give_up, mark_attendance
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


NEW = {
    "starts_at": "2026-05-04T09:00",
    "ends_at": "2026-05-04T17:00",
    "time_zone": "Europe/Berlin",
    "seats": "8",
}
MOVED = {"starts_at": "2026-05-04T09:00", "ends_at": "2026-05-04T17:00", "notice": "A holiday."}


def add(admin_client, **changed):
    data = NEW | {"training": TrainingFactory().pk} | changed
    return admin_client.post("/admin/redemption/trainingsession/add/", data).text


def move(admin_client, session, **changed):
    """Move a class: preview it, then send what the preview was for."""
    preview = admin_client.post(page(session, "move"), MOVED | changed)
    seen = {"seen": preview.context["form"].seen()} if preview.context["will"] else {}
    return preview.text, admin_client.post(page(session, "move"), MOVED | changed | seen)


def test_a_new_classs_times_are_those_of_its_own_zone(admin_client):
    add(admin_client)
    assert TrainingSession.objects.get().starts_at.isoformat() == "2026-05-04T07:00:00+00:00"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ends_at": "2026-05-04T09:00"}, "The end comes after the start."),
        ({"starts_at": "2026-03-09T09:00"}, "The start lies ahead of now."),
        ({"starts_at": "2026-03-29T02:30"}, "there is no such time"),
        ({"time_zone": "Mars/Olympus"}, "Name a time zone such as Europe/Berlin."),
        ({"seats": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_class_that_cannot_be_is_refused(admin_client, changed, said):
    assert said in add(admin_client, **changed)
    assert not TrainingSession.objects.exists()


def test_a_time_that_the_programmes_zone_skips_is_a_time_elsewhere(admin_client):
    add(admin_client, starts_at="2027-03-14T02:30", ends_at="2027-03-14T10:00")
    assert TrainingSession.objects.get().starts_at.isoformat() == "2027-03-14T01:30:00+00:00"


def test_a_class_shows_its_time_in_its_own_zone(admin_client, session):
    assert "9 April 2026, 14:00 to 22:00 CEST" in admin_client.get(page(session)).text


def test_seats_that_are_taken_stay(admin_client, session):
    register(funded_account(), session=session, names=("ann", "bo"))
    data = {"seats": "1", "registrations-TOTAL_FORMS": "0", "registrations-INITIAL_FORMS": "0"}
    assert "2 seats are taken already." in admin_client.post(page(session), data).text


def test_a_class_shows_its_roster(admin_client, session):
    redemption = register(funded_account(), session=session)
    text = admin_client.get(page(session)).text
    assert "ann@example.com" in text
    assert redemption.reference in text


def test_a_class_is_moved_in_its_own_zone(admin_client, session):
    move(admin_client, session)
    session.refresh_from_db()
    assert session.starts_at.isoformat() == "2026-05-04T07:00:00+00:00"
    assert session.notice == "A holiday."


def test_a_move_is_previewed_before_it_is_made(admin_client, session):
    register(funded_account(), session=session)
    before = session.starts_at
    text = admin_client.post(page(session, "move"), MOVED).text
    assert "From 9 April 2026, 14:00 to 22:00 CEST to 4 May 2026, 09:00 to 17:00 CEST." in text
    assert "1 place stays valid" in text
    session.refresh_from_db()
    assert session.starts_at == before


def test_a_preview_of_other_times_moves_nothing(admin_client, session):
    before = session.starts_at
    seen = admin_client.post(page(session, "move"), MOVED).context["form"].seen()
    later = MOVED | {"ends_at": "2026-05-04T18:00", "seen": seen}
    assert "What this will do" in admin_client.post(page(session, "move"), later).text
    session.refresh_from_db()
    assert session.starts_at == before


def test_an_end_before_the_start_is_refused(admin_client, session):
    text, _answer = move(admin_client, session, ends_at="2026-05-04T08:00")
    assert "The end comes after the start." in text


def test_what_returns_counts_places_given_up(admin_client, session, moving_clock):
    redemption = register(funded_account(), session=session, names=("ann", "bo"))
    moving_clock.moment = session.starts_at - timedelta(hours=1)
    place = redemption.registrations.first()
    give_up(redemption=redemption, place=place, actor="registration:1")
    text = admin_client.get(page(session, "cancel")).text
    assert "200 credits go back to the lots they came from: places 2, accounts 1." in text


def test_before_a_class_is_called_off_the_page_says_what_returns(admin_client, session):
    register(funded_account(), session=session, names=("ann", "bo"))
    register(funded_account(requires_approval=True), session=session, names=("cy",))
    text = admin_client.get(page(session, "cancel")).text
    assert "200 credits go back to the lots they came from: places 2, accounts 1." in text
    assert "places 1, credits held 100." in text


@pytest.mark.parametrize(
    ("task", "said"),
    [("attendance", "has not begun yet"), ("roster", "Nobody has registered yet.")],
)
def test_a_task_whose_time_has_not_come_says_so(admin_client, session, task, said):
    assert said in admin_client.get(page(session, task)).text


@pytest.mark.parametrize("task", ["move", "cancel", "attendance"])
def test_a_class_called_off_has_no_more_tasks(admin_client, session, task):
    admin_client.post(page(session, "cancel"), {"notice": "The trainer is ill."})
    assert "This class was called off." in admin_client.get(page(session, task)).text


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
    moving_clock.advance(days=31)
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
