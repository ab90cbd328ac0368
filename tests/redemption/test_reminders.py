from datetime import timedelta

import pytest

from accounts import ledger
from accounts.models import CreditAccount
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import tasks
from redemption.fitting import last_classes
from redemption.models import LotReminder
from redemption.services import start
from tests.factories.redemption import (
    CourseFactory,
    TrainingSessionFactory,
    add_lot,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def count(name):
    return OutboundMail.objects.filter(name=f"redemption.{name}").count()


def daily(moving_clock, days, task):
    """Run the task once a day for so many days."""
    for _ in range(days):
        moving_clock.advance(days=1)
        task()


def test_participants_are_reminded_seven_days_and_one_day_before(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    daily(moving_clock, 22, tasks.remind_participants)
    assert count("class_reminder") == 0
    daily(moving_clock, 1, tasks.remind_participants)
    assert count("class_reminder") == 1
    daily(moving_clock, 5, tasks.remind_participants)
    assert count("class_reminder") == 1
    daily(moving_clock, 2, tasks.remind_participants)
    assert count("class_reminder") == 2


def test_a_late_run_sends_only_the_step_due_now(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    moving_clock.advance(days=29, hours=12)
    tasks.remind_participants()
    tasks.remind_participants()
    assert count("class_reminder") == 1


def test_whoever_registers_late_has_the_confirmation_instead(moving_clock):
    session = TrainingSessionFactory()
    moving_clock.advance(days=25)
    register(funded_account(), session=session)
    tasks.remind_participants()
    assert count("class_reminder") == 0


def test_waiting_participants_are_not_reminded(moving_clock):
    register(funded_account(requires_approval=True), session=TrainingSessionFactory())
    moving_clock.advance(days=29)
    tasks.remind_participants()
    assert count("class_reminder") == 0


def test_a_course_is_reminded_30_and_7_days_before_its_finish_by_date(moving_clock):
    redemption = register(funded_account(), training=CourseFactory())
    start(place=redemption.registrations.get())
    moving_clock.advance(days=334)
    tasks.remind_participants()
    assert count("finish_reminder") == 0
    daily(moving_clock, 31, tasks.remind_participants)
    assert count("finish_reminder") == 2


def test_a_finished_course_is_not_reminded(moving_clock):
    redemption = register(funded_account(), training=CourseFactory())
    redemption.registrations.update(status="attended")
    moving_clock.advance(days=340)
    tasks.remind_participants()
    assert count("finish_reminder") == 0


def test_a_course_half_done_ends_after_its_finish_by_date(moving_clock):
    redemption = register(funded_account(), training=CourseFactory())
    moving_clock.advance(days=365)
    tasks.end_courses()
    assert redemption.registrations.get().status == "registered"
    moving_clock.advance(days=1)
    tasks.end_courses()
    tasks.end_courses()
    assert redemption.registrations.get().status == "missed"
    assert count("access_ended") == 1


def test_every_step_of_the_ladder_is_sent_once(moving_clock):
    funded_account()
    moving_clock.advance(days=260)
    daily(moving_clock, 105, tasks.remind_of_lots)
    steps = LotReminder.objects.order_by("-step").values_list("step", flat=True)
    assert list(steps) == [90, 60, 30, 14, 7, 1]
    assert count("lots_expiring") == 6


def test_the_job_may_run_twice(moving_clock):
    funded_account()
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    tasks.remind_of_lots()
    assert count("lots_expiring") == 1


def test_a_job_that_slept_sends_the_step_due_now(moving_clock):
    funded_account()
    moving_clock.advance(days=355)
    daily(moving_clock, 2, tasks.remind_of_lots)
    assert list(LotReminder.objects.values_list("step", flat=True)) == [14]


def test_one_mail_merges_the_lots_of_an_account(moving_clock):
    account = funded_account()
    add_lot(account)
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    assert count("lots_expiring") == 1
    assert LotReminder.objects.count() == 2


def test_an_empty_lot_is_not_reminded(moving_clock):
    register(funded_account(100), session=TrainingSessionFactory())
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    assert count("lots_expiring") == 0


def test_a_lot_bought_in_the_last_seven_days_is_not_reminded(moving_clock):
    account = funded_account(0)
    add_lot(account, days=20)
    moving_clock.advance(days=6)
    tasks.remind_of_lots()
    assert count("lots_expiring") == 0
    moving_clock.advance(days=1)
    tasks.remind_of_lots()
    assert count("lots_expiring") == 1


def test_delegates_are_reminded_too(moving_clock):
    account = funded_account()
    account.delegates.create(email="dana@example.com", status="accepted")
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    assert set(OutboundMail.objects.values_list("recipient", flat=True)) == {
        account.owner.email,
        "dana@example.com",
    }


def test_the_owner_can_switch_off_the_early_steps_only(moving_clock):
    funded_account(early_reminders=False)
    moving_clock.advance(days=260)
    daily(moving_clock, 105, tasks.remind_of_lots)
    assert count("lots_expiring") == 3


def test_what_expired_is_told_once(moving_clock):
    account = funded_account()
    moving_clock.advance(days=366)
    ledger.expire(day=clock.today())
    daily(moving_clock, 3, tasks.remind_of_lots)
    assert list(
        OutboundMail.objects.filter(name="redemption.lots_expired").values_list(
            "recipient", flat=True
        )
    ) == [account.owner.email]


def test_a_lot_used_up_expires_silently(moving_clock):
    register(funded_account(100), session=TrainingSessionFactory())
    moving_clock.advance(days=366)
    tasks.remind_of_lots()
    assert count("lots_expired") == 0


def test_the_last_class_that_still_fits_is_named(moving_clock):
    account = funded_account()
    lot = account.lots.get()
    for days in (100, 364, 366):
        TrainingSessionFactory(starts_at=clock.now() + timedelta(days=days))
    fits = last_classes([lot]).get(lot.pk)
    assert fits.starts_at == clock.now() + timedelta(days=364)


def test_a_full_class_does_not_fit(moving_clock):
    account = funded_account()
    register(account, session=TrainingSessionFactory(seats=1))
    assert last_classes([account.lots.get()]) == {}


def test_every_account_is_looked_at(moving_clock):
    for _ in range(3):
        funded_account()
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    assert count("lots_expiring") == CreditAccount.objects.count()
