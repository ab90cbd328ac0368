from datetime import timedelta

import pytest

from accounts import ledger
from credits_portal.outbox.models import OutboundMail
from redemption import exceptions
from redemption.models import Redemption
from redemption.services import confirm, decline, lapse, withdraw
from redemption.signals import redemption_ended
from tests.factories.redemption import (
    TrainingSessionFactory,
    add_lot,
    funded_account,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def request_(moving_clock):
    """A request of Ann and Bo for a class in 30 days."""
    account = funded_account(requires_approval=True)
    return register(account, session=TrainingSessionFactory(), names=("ann", "bo"))


def balance(redemption):
    return ledger.balance(account=redemption.account)


def statuses(redemption):
    return list(redemption.registrations.values_list("status", flat=True))


def new_mails():
    mails = OutboundMail.objects.filter(name__startswith="redemption.")
    sent = mails.exclude(name="redemption.request_received")
    return set(sent.values_list("name", "recipient"))


def test_confirming_spends_the_hold_and_books_the_places(request_):
    redemption = confirm(redemption=request_, actor=request_.account.owner)
    assert redemption.is_confirmed
    assert statuses(redemption) == ["registered", "registered"]
    assert (balance(redemption).held, balance(redemption).redeemed) == (0, 200)


def test_places_remember_the_entry_that_paid_them(request_):
    redemption = confirm(redemption=request_, actor=request_.account.owner)
    assert {place.entry_id for place in redemption.registrations.all()} == {redemption.entry_id}


def test_confirming_tells_registrant_owner_and_participants(request_):
    confirm(redemption=request_, actor=request_.account.owner)
    assert new_mails() == {
        ("redemption.confirmed", "ann@example.com"),
        ("redemption.confirmed_owner", request_.account.owner.email),
        ("redemption.place_confirmed", "bo@example.com"),
    }


def test_a_request_is_decided_once(request_):
    confirm(redemption=request_, actor=request_.account.owner)
    with pytest.raises(exceptions.NotPending):
        decline(redemption=request_, actor=request_.account.owner, reason="No.")


def test_nothing_is_confirmed_past_the_decide_by(request_, moving_clock):
    moving_clock.advance(days=7)
    with pytest.raises(exceptions.NotPending):
        confirm(redemption=request_, actor=request_.account.owner)


def test_a_class_called_off_meanwhile_is_not_confirmed(request_):
    request_.session.status = "cancelled"
    request_.session.save()
    with pytest.raises(exceptions.SessionClosedError):
        confirm(redemption=request_, actor=request_.account.owner)


def test_an_account_frozen_meanwhile_confirms_nothing(request_):
    type(request_.account).objects.update(status="frozen")
    with pytest.raises(ledger.AccountFrozen):
        confirm(redemption=request_, actor=request_.account.owner)
    request_.refresh_from_db()
    assert request_.is_pending
    assert new_mails() == set()


def test_declining_releases_the_hold_and_keeps_the_reason(request_):
    redemption = decline(redemption=request_, actor=request_.account.owner, reason="Next year.")
    assert redemption.status == Redemption.Status.DECLINED
    assert redemption.outcome_note == "Next year."
    assert statuses(redemption) == ["cancelled", "cancelled"]
    assert (balance(redemption).held, balance(redemption).available) == (0, 1_000)


def test_only_the_registrant_is_told_of_a_refusal(request_):
    decline(redemption=request_, actor=request_.account.owner, reason="Next year.")
    assert new_mails() == {("redemption.declined", "ann@example.com")}


def test_declining_frees_the_seats(request_):
    decline(redemption=request_, actor=request_.account.owner, reason="No.")
    assert request_.session.registrations.seated().count() == 0


def test_a_request_lapses_at_its_decide_by(request_, moving_clock):
    moving_clock.advance(days=7)
    redemption = lapse(redemption=request_, actor="job:lapse")
    assert redemption.status == Redemption.Status.LAPSED
    assert balance(redemption).available == 1_000


def test_registrant_and_owner_are_told_of_a_lapse(request_, moving_clock):
    moving_clock.advance(days=7)
    lapse(redemption=request_, actor="job:lapse")
    assert new_mails() == {
        ("redemption.lapsed", "ann@example.com"),
        ("redemption.lapsed_owner", request_.account.owner.email),
    }


def test_nothing_lapses_before_its_time(request_, moving_clock):
    moving_clock.advance(days=7, seconds=-1)
    with pytest.raises(exceptions.NotPending):
        lapse(redemption=request_, actor="job:lapse")


def test_a_hold_on_a_lot_past_its_last_day_expires_when_it_lapses(moving_clock):
    account = funded_account(0, requires_approval=True)
    add_lot(account, 100, days=3)
    session = TrainingSessionFactory(starts_at=moving_clock.moment + timedelta(days=3))
    redemption = register(account, session=session)
    moving_clock.advance(days=4)
    lapse(redemption=redemption, actor="job:lapse")
    assert (balance(redemption).available, balance(redemption).expired) == (0, 100)


def test_the_registrant_takes_a_request_back(request_):
    redemption = withdraw(redemption=request_, actor=f"registration:{request_.pk}")
    assert redemption.status == Redemption.Status.WITHDRAWN
    assert balance(redemption).available == 1_000
    assert new_mails() == {("redemption.withdrawn", "ann@example.com")}


def test_approvals_hear_of_a_request_taken_back(request_):
    heard = []

    def listen(redemption, **kwargs):
        heard.append(redemption)

    redemption_ended.connect(listen)
    try:
        withdraw(redemption=request_, actor="registration:1")
    finally:
        redemption_ended.disconnect(listen)
    assert heard == [request_]
