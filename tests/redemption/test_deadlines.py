from datetime import date, timedelta

import pytest

from redemption import deadlines
from tests.factories.redemption import moment

SENT = moment(2026, 3, 10, 12)


def decide_by(starts_at=None, last_days=(date(2027, 3, 10),)):
    return deadlines.decide_by(submitted_at=SENT, starts_at=starts_at, last_days=last_days)


def test_a_request_waits_seven_days():
    assert decide_by() == moment(2026, 3, 17, 12)


def test_a_request_for_a_far_class_waits_seven_days():
    assert decide_by(moment(2026, 5, 1, 9)) == moment(2026, 3, 17, 12)


def test_a_class_next_week_is_decided_one_day_before_it_starts():
    assert decide_by(moment(2026, 3, 14, 9)) == moment(2026, 3, 13, 9)


def test_a_class_within_two_days_is_decided_halfway_to_its_start():
    assert decide_by(moment(2026, 3, 11, 12)) == moment(2026, 3, 11, 0)


def test_both_clauses_agree_on_a_class_in_exactly_two_days():
    assert decide_by(moment(2026, 3, 12, 12)) == moment(2026, 3, 11, 12)


def test_a_lots_last_day_is_used_up_to_its_end_in_the_programmes_zone(settings):
    settings.PORTAL_TIME_ZONE = "America/New_York"
    last_days = [date(2026, 3, 12), date(2026, 9, 1)]
    assert decide_by(last_days=last_days) == moment(2026, 3, 13, 4)


def test_the_end_of_a_lots_last_day_follows_the_zone(settings):
    settings.PORTAL_TIME_ZONE = "Asia/Tokyo"
    assert decide_by(last_days=[date(2026, 3, 12)]) == moment(2026, 3, 12, 15)


def test_the_last_day_before_a_clock_change_ends_at_the_new_offset(settings):
    settings.PORTAL_TIME_ZONE = "Europe/Berlin"
    assert deadlines.end_of(date(2026, 3, 28)) == moment(2026, 3, 28, 23)
    assert deadlines.end_of(date(2026, 3, 29)) == moment(2026, 3, 29, 22)


def test_the_earliest_clause_wins():
    assert decide_by(moment(2026, 3, 13, 9), [date(2026, 3, 11)]) == deadlines.end_of(
        date(2026, 3, 11)
    )


@pytest.mark.parametrize(
    ("needs_approval", "closes"), [(True, moment(2026, 4, 1, 7)), (False, moment(2026, 4, 1, 9))]
)
def test_registration_closes_two_hours_early_where_approval_is_needed(needs_approval, closes):
    starts_at = moment(2026, 4, 1, 9)
    assert deadlines.closes_at(starts_at=starts_at, needs_approval=needs_approval) == closes


def cancel_until(starts_at, **fields):
    return deadlines.cancel_until(starts_at=starts_at, confirmed_at=SENT, **fields)


def test_a_place_can_be_cancelled_until_14_days_before_the_start():
    assert cancel_until(moment(2026, 4, 30, 9)) == moment(2026, 4, 16, 9)


def test_a_late_confirmation_leaves_24_hours_to_cancel():
    assert cancel_until(moment(2026, 3, 20, 9)) == SENT + timedelta(hours=24)


def test_a_place_can_never_be_cancelled_after_the_start():
    assert cancel_until(moment(2026, 3, 10, 18)) == moment(2026, 3, 10, 18)


def test_a_move_leaves_14_days_from_the_notice():
    moved_at = moment(2026, 3, 25, 9)
    assert cancel_until(moment(2026, 4, 20, 9), moved_at=moved_at) == moment(2026, 4, 8, 9)


def test_a_move_never_opens_cancelling_after_the_start():
    moved_at = moment(2026, 3, 25, 9)
    assert cancel_until(moment(2026, 4, 1, 9), moved_at=moved_at) == moment(2026, 4, 1, 9)


def test_a_move_before_the_confirmation_gives_no_more_time():
    moved_at = moment(2026, 3, 1, 9)
    assert cancel_until(moment(2026, 4, 30, 9), moved_at=moved_at) == moment(2026, 4, 16, 9)


def test_the_cut_off_is_a_setting(settings):
    settings.CANCEL_DAYS_BEFORE = 7
    assert cancel_until(moment(2026, 4, 30, 9)) == moment(2026, 4, 23, 9)


def test_a_class_moved_close_leaves_half_the_time_from_the_notice():
    moved_at = moment(2026, 3, 12, 12)
    until = deadlines.decide_by(
        submitted_at=SENT,
        starts_at=moment(2026, 3, 13, 12),
        last_days=[date(2027, 3, 10)],
        moved_at=moved_at,
    )
    assert until == moment(2026, 3, 13, 0)
