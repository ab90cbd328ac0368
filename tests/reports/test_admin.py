"""The admin's account page: everything at a glance, and adjustments with reason and preview."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import ledger
from accounts.models import CreditLot, LedgerEntry
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.rendering import render
from redemption.models import Registration
from reports import staff_queries
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory
from tests.factories.redemption import add_lot, funded_account
from tests.mailbox import assert_good_mail


@pytest.fixture
def staff(account, client):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def lot(account):
    return CreditLot.objects.get(account=account, credits=5_000)


def page_of(account, name="change"):
    return reverse(f"admin:reports_accountoverview_{name}", args=[account.pk])


@pytest.fixture
def adjust(client, staff, account):
    """Return a function that previews an adjustment and books it; returns the last answer."""

    def adjusted(name, **fields):
        data = {"key": "6b6e1f4e-0000-4000-8000-000000000001", "reason": "A mistake"} | fields
        shown = client.post(page_of(account, name), data)
        form = shown.context["form"]
        seen = form.seen() if form.is_valid() else ""
        return client.post(page_of(account, name), data | {"seen": seen})

    return adjusted


def test_the_page_shows_everything_about_the_account(client, staff, account, session):
    redemption = factories.ask(account, session)
    page = client.get(page_of(account)).content.decode()
    told = ["5,000", "held for approval", redemption.reference, "approvals.needed", "olga@example"]
    assert [text for text in told if text not in page] == []


def test_the_page_makes_a_constant_number_of_queries(
    client, staff, account, session, django_assert_max_num_queries
):
    factories.ask(account, session)
    with django_assert_max_num_queries(14) as few:
        client.get(page_of(account))
    for number in range(5):
        factories.ask(account, session, f"p{number}@example.com")
    with django_assert_max_num_queries(len(few)):
        client.get(page_of(account))


def test_it_is_for_staff_only(client, account):
    client.force_login(account.owner)
    assert client.get(page_of(account)).status_code == 302


def test_staff_without_the_permission_are_refused(client, account):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page_of(account)).status_code == 403


@pytest.mark.parametrize("name", ["withdraw", "issue", "move"])
def test_staff_who_may_only_look_adjust_nothing(client, account, name):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page_of(account, name)).status_code == 403


def test_a_preview_books_nothing(client, staff, account, lot):
    before = LedgerEntry.objects.count()
    data = {"lot": lot.pk, "credits": "500", "reason": "A mistake", "key": "6b6e1f4e-" + "0" * 23}
    page = client.post(page_of(account, "withdraw"), data).content.decode()
    assert LedgerEntry.objects.count() == before
    assert "Lot" in page


def test_withdrawing_takes_credits_out_of_the_lot(adjust, account, lot):
    adjust("withdraw", lot=lot.pk, credits="500")
    lot.refresh_from_db()
    assert (lot.available, lot.withdrawn) == (4_500, 500)


def test_an_adjustment_keeps_its_reason_and_who_did_it(adjust, staff, lot):
    adjust("withdraw", lot=lot.pk, credits="500")
    entry = LedgerEntry.objects.latest("id")
    assert (entry.reason, entry.actor) == ("A mistake", f"user:{staff.pk}")


def test_sent_twice_it_is_booked_once(adjust, lot):
    adjust("withdraw", lot=lot.pk, credits="500")
    adjust("withdraw", lot=lot.pk, credits="500")
    lot.refresh_from_db()
    assert lot.withdrawn == 500


def test_more_than_the_lot_has_is_refused(adjust, lot):
    answer = adjust("withdraw", lot=lot.pk, credits="5,001")
    assert "This lot has 5,000 credits available." in answer.content.decode()


def test_without_a_reason_nothing_is_booked(adjust, lot):
    adjust("withdraw", lot=lot.pk, credits="500", reason="")
    lot.refresh_from_db()
    assert lot.withdrawn == 0


def test_granting_makes_a_lot(adjust, account):
    last_day = clock.today() + timedelta(days=60)
    adjust("issue", credits="250", last_day=last_day.isoformat())
    made = CreditLot.objects.latest("id")
    assert (made.account_id, made.credits, made.last_day) == (account.pk, 250, last_day)


def test_a_grant_to_an_account_without_a_passkey_makes_one(adjust, account):
    account.passkeys.all().delete()
    adjust("issue", credits="250", last_day=clock.today().isoformat())
    assert account.passkeys.filter(replaced_at=None).count() == 1


def test_a_withdrawal_below_the_owners_threshold_is_told(adjust, account, lot):
    account.low_balance_at = 2_000
    account.save(update_fields=["low_balance_at"])
    adjust("withdraw", lot=lot.pk, credits="4,900")
    assert OutboundMail.objects.filter(name="accounts.low_balance").exists()


def mail_about_adjustment():
    """Return what the owner reads of the one adjustment."""
    message = render(OutboundMail.objects.get(name="accounts.credits_adjusted"))
    assert message.to == ["olga@example.com"]
    assert_good_mail(message)
    return message


def test_a_withdrawal_is_told_to_the_owner_once_with_its_reason(adjust, lot):
    for _click in range(2):
        adjust("withdraw", lot=lot.pk, credits="500")
    message = mail_about_adjustment()
    assert ("500 credits taken out" in message.subject, "Reason: A mistake" in message.body) == (
        True,
        True,
    )


def test_a_grant_is_told_to_the_owner_with_its_last_day(adjust, account):
    adjust("issue", credits="250", last_day="2026-05-09")
    message = mail_about_adjustment()
    assert ("250 credits added" in message.subject, "until 9 May 2026" in message.body) == (
        True,
        True,
    )


def test_a_second_click_that_the_lot_could_not_pay_is_told_as_done(adjust, client, account, lot):
    first = adjust("withdraw", lot=lot.pk, credits="4,000")
    assert first.status_code == 302
    data = {"key": "6b6e1f4e-0000-4000-8000-000000000001", "reason": "A mistake", "seen": "x"}
    again = client.post(page_of(account, "withdraw"), data | {"lot": lot.pk, "credits": "4,000"})
    assert again.status_code == 302
    lot.refresh_from_db()
    assert lot.withdrawn == 4_000


def test_the_page_names_people_as_actors(adjust, client, staff, account, lot):
    adjust("withdraw", lot=lot.pk, credits="1")
    page = client.get(page_of(account)).text
    assert f"user:{staff.pk}" not in page
    assert staff.email in page


def test_the_page_shows_delegates_and_the_passkeys_last_four(client, staff, account):
    page = client.get(page_of(account)).text
    assert account.passkeys.get().last_four in page
    assert "Delegates" in page


def test_lots_stand_as_they_are_drawn_the_ended_last(staff, account, moving_clock):
    today = clock.today()
    add_lot(account, 7, last_day=today - timedelta(days=1))
    add_lot(account, 8, last_day=today)
    rows = [cells[2] for _page, cells in staff_queries.lots(account.pk).rows]
    assert (rows[0], rows[-1]) == ("8", "7")


def test_moving_keeps_price_and_last_day(adjust, lot):
    other = funded_account(0)
    adjust("move", lot=lot.pk, credits="2,000", to=other.public_id)
    moved = CreditLot.objects.get(account=other)
    assert (moved.credits, moved.unit_price, moved.purchased_on, moved.last_day) == (
        2_000,
        lot.unit_price,
        lot.purchased_on,
        lot.last_day,
    )


def test_moving_takes_the_credits_from_the_first_account(adjust, account, lot):
    adjust("move", lot=lot.pk, credits="2,000", to=funded_account(0).public_id)
    assert ledger.balance(account=account).available == 4_000


def test_moving_to_the_same_account_is_refused(adjust, account, lot):
    answer = adjust("move", lot=lot.pk, credits="2,000", to=account.public_id)
    assert "public ID of another account" in answer.content.decode()


def test_a_lot_of_another_account_cannot_be_chosen(adjust, account):
    other = funded_account(100)
    adjust("withdraw", lot=other.lots.get().pk, credits="50")
    assert other.lots.get().withdrawn == 0


def test_the_books_stay_sound(adjust, lot):
    adjust("move", lot=lot.pk, credits="2,000", to=funded_account(0).public_id)
    assert ledger.verify() == []


def test_the_first_page_leads_to_what_waits(client, staff, account, session, moving_clock):
    factories.ask(account, session)
    OutboundMail.objects.filter(name="approvals.needed").update(state="failed")
    Registration.objects.update(status="registered")
    moving_clock.moment = session.ends_at + timedelta(hours=1)
    OutboundMail.objects.update(queued_at=clock.now())
    page = client.get("/admin/").text
    assert "1 class is over and its attendance not marked" in page
    assert "of the past week ha" in page


def test_the_first_page_shows_nobody_anothers_work(client, account):
    client.force_login(UserFactory(is_staff=True))
    assert "Waiting for you" not in client.get("/admin/").text


def test_every_table_of_the_page_leads_to_all_of_its_rows(client, staff, account, session):
    redemption = factories.ask(account, session)
    shown = client.get(page_of(account)).context["everything"]
    lists = {table.more: len(table.rows) for table in shown.tables if table.more and table.rows}
    assert len(lists) >= 5
    counts = {more: client.get(more).context["cl"].result_count for more in lists}
    assert counts == lists
    mails = f"/admin/outbox/outboundmail/?key__startswith=redemption:{redemption.pk}:"
    assert mails in client.get(staff_queries.page(redemption)).text
    assert client.get(mails).context["cl"].result_count == 1
