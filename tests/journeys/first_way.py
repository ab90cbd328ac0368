"""The steps of the first way through: bought, mailed, paid with, approved from the mail, expired.

In a real browser; nothing is simulated but the bank. The steps are the same on every set-up; how
staff enter and where mails are read are given from outside.
"""

import re

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect

OWNER, DELEGATE, MEMBER = "olga@example.com", "dana@example.com", "ana@example.com"
STAFF, PASSWORD = "staff@example.com", "a password of the staff"
PASSKEY = r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}"

CATALOGUE = f"""
from datetime import timedelta
from allauth.account.models import EmailAddress
from accounts.models import User
from credits_portal.lib import clock
from redemption.models import Training, TrainingSession
staff = User.objects.create_superuser("{STAFF}", "{PASSWORD}")
EmailAddress.objects.create(user=staff, email=staff.email, verified=True, primary=True)
training = Training.objects.create(
    slug="surveying", title="Field Surveying", summary="Outdoors.", kind="live", credits=600)
begin = clock.now() + timedelta(days=40)
TrainingSession.objects.create(training=training, starts_at=begin, seats=12,
    ends_at=begin + timedelta(hours=8), time_zone="Europe/Berlin", link="https://meet.example.com/")
"""

# The night after the last day: the same sweep that beat calls, by a clock that stands there.
SWEEP = """
from datetime import timedelta
from unittest import mock
from accounts.ledger import CreditLot, expire, verify
from credits_portal.lib import clock
night = clock.start_of(max(CreditLot.objects.values_list("last_day", flat=True))
    + timedelta(days=1)) + timedelta(hours=2.5)
with mock.patch.object(clock, "now", return_value=night):
    print(expire(day=clock.today()), expire(day=clock.today()), verify())
"""


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(text))


def asks_prices(page):
    """Ask on the landing page, before signing in, what amounts cost."""
    for amount, total, advice in [
        ("3,500", "$3,500.00", ""),
        ("18,000", "$18,000.00", "$2,000.00 less and 2,000 more credits"),
        ("20,000", "$16,000.00", ""),
        ("30,000", "$24,000.00", ""),
    ]:
        page.goto("/")
        page.get_by_label("How many credits?").fill(amount)
        press(page, "Show the price")
        said = page.locator("#price").inner_text()
        assert (total in said, advice in said, "less" in said) == (True, True, bool(advice))


def choose(page, amount, account):
    """Go from the Buy page to the check page, by bank transfer; `account` picks or names it."""
    page.goto(f"/buy/?credits={amount}")
    account(page)
    keep = page.get_by_role("button", name=f"Keep {amount}")
    (keep if keep.count() else page.get_by_role("button", name="Continue")).click()
    heading(page, "How to pay")
    transfer = page.get_by_label("Quote and bank transfer")
    if transfer.count():  # the only way without a card provider, and then not asked for
        transfer.check()
    page.get_by_label("Country of the billing address").select_option("US")
    press(page, "Continue")
    heading(page, "Check your order")


def new_account(page):
    page.get_by_label(re.compile("Name of")).fill("Northwind Surveying")


def same_account(page):
    page.get_by_label("Northwind Surveying").check()


def sign_up(page, mailbox):
    page.get_by_role("link", name="Sign up and place the order").click()
    page.get_by_label("Email address").fill(OWNER)
    press(page, "Continue")
    page.get_by_label("Six-digit code").fill(mailbox.code(OWNER))
    press(page, "Continue")
    heading(page, "Check your order")


def place(page, total):
    expect(page.locator("main")).to_contain_text(total)
    press(page, "Get quote")
    heading(page, "Order TC-")
    return page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")


def receive_transfer(page, number):
    """Book the money in the admin, as previewed."""
    page.goto("/admin/purchasing/order/")
    page.get_by_role("link", name=number).click()
    page.get_by_role("link", name="Transfer received").click()
    today = page.evaluate("new Date().toLocaleDateString('sv', {timeZone: 'America/New_York'})")
    page.get_by_label("Received on").fill(today)
    page.get_by_label("Bank reference").fill(f"WIRE {number}")
    press(page, "Preview")
    press(page, "Book the transfer")
    expect(page.get_by_text("The transfer is booked.")).to_be_visible()


def staff_signs_in(page):
    signs_in(page)
    page.wait_for_url("**/admin/")


def signs_in(page):
    page.goto("/sign-in/?next=/admin/")
    page.get_by_label("Email address").fill(STAFF)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")


def staff_sets_up_two_steps(page):
    """Sign in where staff must have a second factor: the way to the administration leads there."""
    signs_in(page)
    heading(page, "Is it you?")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")
    heading(page, "Set up two-step sign-in")
    page.get_by_text("You cannot scan it?").click()
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("code").fill(app_code(secret))
    press(page, "Turn on")
    heading(page, "Recovery codes")
    page.get_by_role("link", name="On to the administration").click()
    page.wait_for_url("**/admin/")


def app_code(secret):
    """Return what an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def register(page, passkey, email, button):
    """Pay a place with the passkey, without an account."""
    page.goto("/training/surveying/")
    page.get_by_role("link", name="Register").first.click()
    page.get_by_role("radio").first.check()
    page.get_by_label("Your name").fill(email.partition("@")[0].title())
    page.get_by_label("Your work email").fill(email)
    page.get_by_label("Training passkey", exact=True).fill(passkey)
    press(page, "Continue")
    heading(page, "Check your registration")
    press(page, button)


def account_page(page):
    page.goto("/accounts/")
    page.get_by_role("link", name="Northwind Surveying").click()


def figures(page):
    return page.locator("dl.figures dd").all_inner_texts()


def buys(owner, mailbox):
    """Order four times, signing up on the way; return the orders' numbers."""
    choose(owner, "3,500", new_account)
    sign_up(owner, mailbox)
    numbers = [place(owner, "$3,500.00")]
    for amount, total in [
        ("18,000", "$18,000.00"),
        ("20,000", "$16,000.00"),
        ("30,000", "$24,000.00"),
    ]:
        choose(owner, amount, same_account)
        numbers.append(place(owner, total))
    return numbers


def requires_approval(owner, delegate, mailbox):
    """Turn approval on and invite a delegate, who accepts without a password."""
    account_page(owner)
    owner.get_by_role("link", name="Settings").click()
    owner.get_by_label("Requests must be approved").check()
    press(owner, "Save")
    account_page(owner)
    owner.get_by_role("link", name="Delegates").click()
    owner.get_by_label("Email address").fill(DELEGATE)
    press(owner, "Invite")
    delegate.goto(mailbox.link(DELEGATE, "Northwind", "/invitations/"))
    press(delegate, "Accept")


def approves(delegate, member, mailbox):
    """Take two clicks from mail to approved; looking decides nothing."""
    delegate.goto(mailbox.link(DELEGATE, "Approval needed", "/approvals/"))
    expect(delegate.locator("main")).to_contain_text(f"Deciding as {DELEGATE}")
    member.reload()
    heading(member, "Waiting for approval")
    press(delegate, "Approve")
    expect(delegate.locator("main")).to_contain_text(f"Approved by {DELEGATE}")


def pays_at_once(owner, member, passkey, mailbox):
    """Without approval a team member without an account is registered at once."""
    register(member, passkey, "bo@example.com", "Register and pay 600 credits")
    mailbox.read("bo@example.com", "Field Surveying")
    account_page(owner)
    assert figures(owner)[:2] == ["2,900", "0"]


def pays_with_approval(owner, delegate, member, passkey, mailbox):
    """With approval the credits are held, owner and delegate are mailed, and both confirmed."""
    requires_approval(owner, delegate, mailbox)
    register(member, passkey, MEMBER, "Send request")
    heading(member, "Waiting for approval")
    mailbox.read(OWNER, "Approval needed")
    account_page(owner)
    assert figures(owner)[:2] == ["2,300", "600"]
    approves(delegate, member, mailbox)
    member.reload()
    heading(member, "You are registered")
    mailbox.read(MEMBER, "Confirmed")
    mailbox.read(OWNER, "Ana registered for Field Surveying")


def sees_what_was_decided(late, mailbox):
    """The second approver's link tells the outcome."""
    late.goto(mailbox.link(OWNER, "Approval needed", "/approvals/"))
    expect(late.locator("main")).to_contain_text(f"Approved by {DELEGATE}")


def reads_the_statement(owner):
    """The account page shows balance, lots and statement."""
    account_page(owner)
    assert figures(owner)[:2] == ["2,300", "0"]
    expect(owner.locator("main")).to_contain_text("3,500")
    owner.get_by_role("link", name="Whole statement").click()
    expect(owner.locator("tbody tr")).to_have_count(4)


def walk(portal, window, mailbox, *, staff_enters=staff_signs_in):
    """Go the whole way; `window` opens a new person's, `staff_enters` signs a page's person in."""
    portal.python(CATALOGUE)
    owner, staff, delegate, member = window(), window(), window(), window()

    asks_prices(owner)
    orders = buys(owner, mailbox)
    assert len(set(orders)) == 4
    staff_enters(staff)
    receive_transfer(staff, orders[0])
    passkey = mailbox.find(PASSKEY, OWNER, "passkey")

    pays_at_once(owner, window(), passkey, mailbox)
    pays_with_approval(owner, delegate, member, passkey, mailbox)
    sees_what_was_decided(window(), mailbox)
    reads_the_statement(owner)

    # The night after the last day the sweep books the rest as expired, once.
    assert portal.python(SWEEP).strip() == "1 0 []"
    owner.reload()
    expect(owner.locator("tbody tr").first).to_contain_text("Credits expired")
    expect(owner.locator("tbody tr").first).to_contain_text("-2,300")
