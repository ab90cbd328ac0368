"""What an account has, what is next to expire, and a statement that adds up."""

from datetime import date

import pytest

from accounts.ledger import balance, expire
from accounts.ledger import withdraw as take_back
from approvals import services
from credits_portal.lib import clock
from redemption.services import withdraw
from reports import queries
from reports import statement as statements
from reports.expiry import ladder
from reports.statement_rows import statement_table
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory
from tests.factories.redemption import add_lot


def statement(account):
    return statements.lines(account, statements.entries(account))


def approve(redemption, user):
    services.decide(request=redemption.approval, by=services.decider(user=user), approve=True)


def test_the_credits_that_expire_next_are_those_of_the_first_last_day(account):
    add_lot(account, 70, days=30)
    assert queries.expiring_next(ladder(account)) == queries.Expiring(5_070, date(2026, 4, 9))


def test_a_lot_is_expiring_until_the_end_of_its_last_day(account, moving_clock):
    moving_clock.set(2026, 4, 10, 3, 59)
    assert queries.expiring_next(ladder(account)).credits == 5_000


def test_a_lot_past_its_last_day_is_not_expiring_whether_swept_or_not(account, moving_clock):
    moving_clock.set(2026, 4, 10, 4)
    assert queries.expiring_next(ladder(account)).credits == 1_000


def test_held_credits_are_not_counted_as_expiring(account, session):
    factories.ask(account, session)
    assert queries.expiring_next(ladder(account)).credits == 4_400


def test_an_account_without_credits_has_nothing_expiring(account, moving_clock):
    moving_clock.set(2028, 1, 1)
    assert queries.expiring_next(ladder(account)) is None


def test_usable_lots_come_soonest_first(account):
    assert [lot.credits for lot in queries.usable_lots(account)] == [5_000, 1_000]


def test_a_lot_past_its_last_day_is_not_usable(account, moving_clock):
    moving_clock.set(2026, 4, 10, 4)
    assert [lot.credits for lot in queries.usable_lots(account)] == [1_000]


def test_all_lots_list_those_that_ended_last(account, moving_clock):
    add_lot(account, 10, days=2)
    moving_clock.advance(days=40)
    assert [lot.credits for lot in queries.lots_usable_first(account)] == [1_000, 5_000, 10]


def test_the_statement_runs_from_the_balance_down_to_nothing(account, owner, session):
    approve(factories.ask(account, session), owner)
    assert [(line.change, line.balance) for line in statement(account)] == [
        (0, 5_400),
        (-600, 5_400),
        (5_000, 6_000),
        (1_000, 1_000),
    ]


def test_the_first_line_is_the_balance(account, session):
    factories.ask(account, session)
    assert statement(account)[0].balance == balance(account=account).available


def test_every_page_of_the_statement_carries_on_the_balance(account, owner, session):
    approve(factories.ask(account, session), owner)
    whole = statement(account)
    second = statements.lines(account, statements.entries(account)[2:])
    assert [line.balance for line in second] == [line.balance for line in whole[2:]]


def test_the_statement_of_an_account_without_bookings_is_empty(db, moving_clock):
    assert statement(factories.make_account(0)) == []


def test_hold_capture_and_release_name_their_registration(account, owner, session):
    paid = factories.ask(account, session)
    approve(paid, owner)
    taken_back = factories.ask(account, session, "ben@example.com")
    withdraw(redemption=taken_back, actor="registration:1")
    lines = statement(account)
    assert [line.redemption for line in lines] == [taken_back] * 2 + [paid] * 2 + [None] * 2


def test_an_expiry_stands_on_the_lots_last_day(account, moving_clock):
    moving_clock.set(2026, 4, 15)
    expire(day=clock.today())
    assert (statement(account)[0].day, statement(account)[0].change) == (date(2026, 4, 9), -5_000)


def test_the_dashboard_counts_all_requests_and_shows_the_most_urgent(account, session):
    later = factories.ask(account, session).approval
    soon = factories.ask(account, factories.make_session(starts_at=clock.now() + 3 * clock_day()))
    board = queries.dashboard(account)
    assert (board.waiting, board.requests) == (2, [soon.approval, later])


def clock_day():
    return clock.start_of(date(2026, 3, 2)) - clock.start_of(date(2026, 3, 1))


@pytest.mark.parametrize("lots", [3, 8])
def test_the_dashboard_shows_the_first_lots_and_says_that_there_are_more(account, lots):
    for days in range(lots - 2):
        add_lot(account, 10, days=200 + days)
    board = queries.dashboard(account)
    assert (len(board.lots), board.more_lots) == (min(lots, 5), lots > 5)


def decide_by_link(redemption, email, **terms):
    link = redemption.approval.links.get(email=email)
    services.decide(request=redemption.approval, by=services.decider(user=None, link=link), **terms)


def test_the_statement_says_who_approved(account, session):
    factories.make_delegate(account, "dana@example.com")
    decide_by_link(factories.ask(account, session), "dana@example.com", approve=True)
    line = statement(account)[0]
    assert (line.by, line.why) == ("dana@example.com", "")


def test_the_statement_says_who_declined_and_why(account, session):
    redemption = factories.ask(account, session)
    services.decide(
        request=redemption.approval,
        by=services.decider(user=account.owner),
        approve=False,
        note="Next year",
    )
    line = statement(account)[0]
    assert (line.by, line.why) == (account.owner.email, "Next year")


def test_the_statement_says_that_a_request_was_withdrawn(account, session):
    redemption = factories.ask(account, session)
    withdraw(redemption=redemption, actor=f"registration:{redemption.pk}")
    line = statement(account)[0]
    assert (line.by, line.why) == ("", "withdrawn")


def test_the_statement_does_not_name_the_programmes_staff(account):
    staff = UserFactory(email="finance@example.com", is_staff=True)
    lot = account.lots.first()
    take_back(lot=lot, credits=10, key="adjust:1", actor=staff, reason="Booked twice")
    line = statement(account)[0]
    assert (line.by, line.why) == ("the programme", "Booked twice")


def test_the_file_names_the_same_people_as_the_page(account, session):
    factories.make_delegate(account, "dana@example.com")
    decide_by_link(factories.ask(account, session), "dana@example.com", approve=True)
    staff = UserFactory(email="finance@example.com", is_staff=True)
    take_back(lot=account.lots.last(), credits=10, key="adjust:1", actor=staff, reason="Twice")
    rows = statement_table(account, statements.ALL).rows
    assert [row[8] for row in rows][-3:] == ["Ana Lima", "dana@example.com", "the programme"]
