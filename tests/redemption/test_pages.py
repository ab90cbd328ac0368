"""The catalogue and the owner's list, and how many queries they make."""

from datetime import timedelta

import pytest

from credits_portal.lib import formats
from redemption.services import cancel
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
    TrainingSessionFactory,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def titles(client, query=""):
    return [training.title for training in client.get(f"/training/{query}").context["page"]]


def test_the_catalogue_shows_what_is_offered(client):
    TrainingSessionFactory(training__title="Ada")
    CourseFactory(title="Cobol")
    TrainingFactory(title="Gone", is_active=False)
    assert titles(client) == ["Ada", "Cobol"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=live", ["Ada"]),
        ("?kind=on_demand", ["Cobol"]),
        ("?text=ADA", ["Ada"]),
        ("?text=basics", ["Cobol"]),
        ("?language=German", ["Cobol"]),
        ("?month=2026-04", ["Ada"]),
        ("?month=2026-05", []),
        ("?kind=live&month=2026-04&text=a", ["Ada"]),
    ],
)
def test_the_catalogue_is_filtered_by_get(client, query, expected):
    TrainingSessionFactory(training__title="Ada")
    CourseFactory(title="Cobol", language="German", contents="The basics.")
    assert titles(client, query) == expected


@pytest.mark.parametrize("query", ["?kind=x", "?month=2026-13", "?text=%00", "?language=Klingon"])
def test_a_filter_that_is_none_is_a_bad_request(client, query):
    assert client.get(f"/training/{query}").status_code == 400


@pytest.mark.parametrize("query", ["?page=-1", "?page=1000000000", "?page=x"])
def test_a_page_that_is_none_is_not_found(client, query):
    assert client.get(f"/training/{query}").status_code == 404


def test_an_empty_catalogue_offers_one_action(client):
    assert "Show all trainings" in client.get("/training/?text=nothing").text


def test_the_catalogue_names_the_next_date_with_seats(client, moving_clock):
    full = TrainingSessionFactory(seats=1)
    register(funded_account(), session=full)
    TrainingSessionFactory(training=full.training, starts_at=full.starts_at + timedelta(days=2))
    page = " ".join(client.get("/training/").text.split())
    assert formats.moment(full.starts_at, full.zone) not in page
    assert "10 seats left" in page


def test_the_catalogue_says_that_every_date_is_full(client, moving_clock):
    register(funded_account(), session=TrainingSessionFactory(seats=1))
    assert "No date with free seats" in client.get("/training/").text


def test_a_training_shows_dates_seats_and_price(client):
    session = TrainingSessionFactory(seats=3)
    register(funded_account(), session=session)
    page = client.get(session.training.get_absolute_url())
    assert page.context["dates"][0].seats_left == 2
    assert "100 credits" in page.text
    assert "CEST" in page.text


def test_past_and_cancelled_dates_are_not_shown(client, moving_clock):
    session = TrainingSessionFactory()
    TrainingSessionFactory(training=session.training, status="cancelled")
    moving_clock.advance(days=31)
    assert not client.get(session.training.get_absolute_url()).context["dates"]


def test_a_full_date_offers_no_registration(client):
    session = TrainingSessionFactory(seats=1)
    register(funded_account(), session=session)
    assert f"?session={session.pk}" not in client.get(session.training.get_absolute_url()).text


def queries(client, path, count):
    with count() as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def test_the_catalogue_makes_no_query_per_training(client, django_assert_max_num_queries):
    def count():
        return django_assert_max_num_queries(100)

    TrainingSessionFactory()
    one = queries(client, "/training/", count)
    for _ in range(3):
        TrainingSessionFactory()
    assert queries(client, "/training/", count) == one


def test_the_owners_list_makes_no_query_per_row(client, django_assert_max_num_queries):
    def count():
        return django_assert_max_num_queries(100)

    account = funded_account()
    client.force_login(account.owner)
    path = f"/accounts/{account.public_id}/registrations/"
    register(account, session=TrainingSessionFactory())
    one = queries(client, path, count)
    for _ in range(3):
        register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    assert queries(client, path, count) == one


def test_a_registration_page_makes_no_query_per_place(client, django_assert_max_num_queries):
    def count():
        return django_assert_max_num_queries(100)

    account = funded_account()
    one = register(account, session=TrainingSessionFactory())
    three = register(account, session=TrainingSessionFactory(), names=("ann", "bo", "cy"))
    first = queries(client, one.get_absolute_url(), count)
    assert queries(client, three.get_absolute_url(), count) == first


def test_the_owner_opens_a_registration_from_the_list(client):
    account = funded_account()
    redemption = register(account, session=TrainingSessionFactory())
    client.force_login(account.owner)
    page = client.get(f"/accounts/{account.public_id}/registrations/")
    assert redemption.link_token not in page.text
    path = f"/accounts/{account.public_id}/registrations/{redemption.reference}/"
    assert client.get(path)["Location"] == redemption.get_absolute_url()


def test_the_owners_list_tells_whose_place_is_over(client):
    account = funded_account()
    redemption = register(account, session=TrainingSessionFactory(), names=("ann", "bo"))
    cancel(
        redemption=redemption,
        places=redemption.registrations.filter(name="Bo"),
        actor=account.owner,
    )
    client.force_login(account.owner)
    page = client.get(f"/accounts/{account.public_id}/registrations/").text
    assert 'Bo <span class="hint">(cancelled)</span>' in page
    assert "100 returned" in page


def test_a_delegate_sees_the_list_and_opens_nothing(client):
    account, delegate = funded_account(), funded_account().owner
    account.delegates.create(email=delegate.email, status="accepted")
    redemption = register(account, session=TrainingSessionFactory())
    client.force_login(delegate)
    path = f"/accounts/{account.public_id}/registrations/"
    assert client.get(path).status_code == 200
    assert client.get(f"{path}{redemption.reference}/").status_code == 404


def test_strangers_find_no_list(client):
    account = funded_account()
    client.force_login(funded_account().owner)
    assert client.get(f"/accounts/{account.public_id}/registrations/").status_code == 404


def test_a_registration_of_another_account_is_not_found(client):
    account = funded_account()
    other = register(funded_account(), session=TrainingSessionFactory())
    client.force_login(account.owner)
    path = f"/accounts/{account.public_id}/registrations/{other.reference}/"
    assert client.get(path).status_code == 404
