import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts import ledger, passkeys, services
from accounts.models import CreditAccount, Delegate
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import (
    CreditAccountFactory,
    DelegateFactory,
    UserFactory,
    make_lot,
)

pytestmark = pytest.mark.django_db

OWNERS_PAGES = ["passkey", "delegates", "settings", "ownership"]
SETTINGS = {"name": "Acme", "early_reminders": "on", "delegate_reminders": "on"}


@pytest.fixture
def account():
    return CreditAccountFactory(name="Acme", owner__email="olive@example.com")


@pytest.fixture
def owner(client, account):
    """Sign the owner in."""
    client.force_login(account.owner)
    return client


@pytest.fixture
def delegate(account):
    return DelegateFactory(account=account, active=True)


def page(client, view, account, *arguments):
    return client.get(reverse(f"accounts:{view}", args=[account.public_id, *arguments]))


def post(client, view, account, /, *arguments, **posted):
    return client.post(reverse(f"accounts:{view}", args=[account.public_id, *arguments]), posted)


def text_of(response):
    return " ".join(response.content.decode().split())


# --- Who may see what -----------------------------------------------------------------------


@pytest.mark.parametrize("name", OWNERS_PAGES)
def test_an_owner_sees_every_page(owner, account, name):
    assert page(owner, name, account).status_code == 200


@pytest.mark.parametrize("name", ["passkey", "delegates", "settings"])
def test_a_delegate_does_not_find_the_owners_pages(client, account, delegate, name):
    client.force_login(UserFactory(email=delegate.email))
    assert page(client, name, account).status_code == 404


@pytest.mark.parametrize("name", OWNERS_PAGES)
def test_another_customer_finds_no_page(client, account, name):
    client.force_login(CreditAccountFactory().owner)
    assert page(client, name, account).status_code == 404


@pytest.mark.parametrize("name", OWNERS_PAGES)
def test_staff_find_no_page_outside_the_admin(client, account, name):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert page(client, name, account).status_code == 404


@pytest.mark.parametrize("name", OWNERS_PAGES)
def test_whoever_is_not_signed_in_signs_in_first(client, account, name):
    response = page(client, name, account)
    assert response.headers["Location"].endswith(f"?next=/accounts/{account.public_id}/{name}/")


@pytest.mark.parametrize("public_id", ["-", "..", "a'b", "\u0661", "x" * 500])
def test_a_strange_identifier_is_not_found(owner, public_id):
    assert owner.get(f"/accounts/{public_id}/settings/").status_code == 404


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("delegate_resend", [1]), ("delegate_remove", [1]), ("ownership_end", [])],
)
def test_a_change_needs_a_post(owner, account, name, arguments):
    assert page(owner, name, account, *arguments).status_code == 405


@pytest.mark.parametrize(
    ("name", "arguments", "shown"),
    [
        ("delegate_resend", [1], "delegates"),
        ("delegate_remove", [1], "delegates"),
        ("ownership_end", [], "ownership"),
    ],
)
def test_whoever_signs_in_on_the_way_comes_back_to_a_page(client, account, name, arguments, shown):
    path = reverse(f"accounts:{name}", args=[account.public_id, *arguments])
    assert client.post(path).url == f"/sign-in/?next=/accounts/{account.public_id}/{shown}/"


def tabs_of(answer):
    """Return the last parts of the addresses that the account's tabs lead to."""
    tabs = answer.text.split('class="subnav"')[1].split("</nav>")[0]
    return [address.rstrip("/").rpartition("/")[2] for address in re.findall('href="(.+?)"', tabs)]


def test_a_delegate_is_led_to_every_page_that_is_open_to_them(client, account, delegate):
    client.force_login(UserFactory(email=delegate.email))
    overview = account.public_id
    answer = client.get(account.get_absolute_url())
    assert tabs_of(answer) == [overview, "lots", "reports", "registrations"]


def test_an_owner_is_led_to_every_page(owner, account):
    answer = owner.get(account.get_absolute_url())
    assert tabs_of(answer)[4:] == ["orders", "passkey", "delegates", "settings"]


# --- The list ---------------------------------------------------------------------------------


def test_the_list_shows_own_and_delegated_accounts(owner, account):
    other = CreditAccountFactory(name="Beta")
    DelegateFactory(account=other, email="olive@example.com", active=True)
    CreditAccountFactory(name="Gamma")
    listed = owner.get("/accounts/").context["page"].object_list
    assert list(listed) == [account, other]


def test_the_list_counts_what_can_be_spent_today(owner, account, moving_clock):
    make_lot(account, credits=700, last_day=date(2027, 3, 10))
    make_lot(account, credits=300, last_day=date(2026, 3, 9), purchased_on=date(2025, 3, 9))
    assert "700 credits available" in text_of(owner.get("/accounts/"))


def test_without_an_account_the_list_explains_and_offers_to_buy(client):
    client.force_login(UserFactory())
    text = text_of(client.get("/accounts/"))
    assert "No credits yet. They appear here when payment arrives." in text


def test_the_list_asks_to_sign_in_first(client):
    assert client.get("/accounts/").headers["Location"].endswith("?next=/accounts/")


@pytest.mark.parametrize("accounts", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(
    client, accounts, django_assert_max_num_queries
):
    user = UserFactory()
    for account in CreditAccountFactory.create_batch(accounts, owner=user):
        make_lot(account)
    client.force_login(user)
    with django_assert_max_num_queries(6):
        client.get("/accounts/")


# --- The passkey ------------------------------------------------------------------------------


@pytest.fixture
def passkey(account):
    return passkeys.ensure(account=account)[0]


def test_the_passkey_is_masked(owner, account, passkey):
    text = text_of(page(owner, "passkey", account))
    assert (passkeys.reveal(passkey) in text, passkey.last_four in text) == (False, True)


def test_a_click_shows_the_passkey(owner, account, passkey):
    assert passkeys.reveal(passkey) in text_of(post(owner, "passkey", account))


def test_nobody_stores_the_page_with_the_passkey(owner, account, passkey):
    assert "no-store" in post(owner, "passkey", account).headers["Cache-Control"]


def test_the_message_for_the_team_holds_the_passkey_and_the_address(owner, account, passkey):
    text = post(owner, "passkey", account).content.decode().split("<textarea")[1]
    assert passkeys.reveal(passkey) in text
    assert "http://localhost:8000/training/" in text


def test_before_the_first_payment_the_page_says_when_the_passkey_comes(owner, account):
    assert "when your first payment arrives" in text_of(page(owner, "passkey", account))


def test_a_passkey_field_is_never_a_password(owner, account, passkey):
    text = text_of(post(owner, "passkey", account))
    assert ('type="password"' in text, "webauthn" in text) == (False, False)


def test_replacing_asks_once_and_says_what_survives(owner, account, passkey):
    text = text_of(page(owner, "passkey_replace", account))
    assert "requests that wait for approval stay as they are" in text


def test_asking_replaces_nothing(owner, account, passkey):
    page(owner, "passkey_replace", account)
    assert passkeys.find(passkeys.reveal(passkey)) == passkey


def test_the_owner_replaces_the_passkey(owner, account, passkey):
    post(owner, "passkey_replace", account, passkey=passkey.pk)
    assert account.passkeys.get(replaced_at=None) != passkey


@pytest.mark.parametrize("seen", ["", "x", "9" * 5000, "-1", "\x00"])
def test_a_stale_question_replaces_nothing(owner, account, passkey, seen):
    post(owner, "passkey_replace", account, passkey=seen)
    assert account.passkeys.get(replaced_at=None) == passkey


def test_without_a_passkey_there_is_nothing_to_replace(owner, account):
    assert page(owner, "passkey_replace", account).status_code == 404


# --- Delegates --------------------------------------------------------------------------------


def test_without_delegates_the_page_says_so(owner, account):
    text = text_of(page(owner, "delegates", account))
    assert "Only you can approve. Add cover for holidays." in text


def test_the_owner_invites(owner, account):
    post(owner, "delegates", account, email="Dana@Example.com", name="Dana")
    assert account.delegates.get().email == "dana@example.com"


@pytest.mark.parametrize("email", ["", "dana", "a@b\x00.org", "olive@example.com"])
def test_an_address_that_cannot_be_invited_is_refused_at_its_field(owner, account, email):
    response = post(owner, "delegates", account, email=email, name="Dana")
    assert list(response.context["form"].errors) == ["email"]


def test_what_was_typed_stays_in_the_form(owner, account):
    response = post(owner, "delegates", account, email="dana", name="Dana")
    assert 'value="dana"' in text_of(response)


def test_the_owner_sends_an_invitation_again(owner, account):
    delegate = services.invite_delegate(
        account=account, actor=account.owner, email="dana@example.com"
    )
    post(owner, "delegate_resend", account, delegate.pk)
    assert OutboundMail.objects.filter(name="accounts.delegate_invited").count() == 2


def test_the_owner_removes_a_delegate(owner, account, delegate):
    post(owner, "delegate_remove", account, delegate.pk)
    assert account.delegates.get().status == Delegate.Status.REMOVED


def test_another_accounts_delegate_is_not_removed(owner, account):
    other = DelegateFactory(active=True)
    assert post(owner, "delegate_remove", account, other.pk).status_code == 404


def test_an_absurd_number_is_not_found(owner, account):
    assert post(owner, "delegate_remove", account, 10**30).status_code == 404


@pytest.mark.parametrize("delegates", [1, 3])
def test_the_delegates_page_takes_the_same_queries(
    owner, account, delegates, django_assert_max_num_queries
):
    DelegateFactory.create_batch(delegates, account=account)
    with django_assert_max_num_queries(6):
        page(owner, "delegates", account)


# --- Settings ---------------------------------------------------------------------------------


def test_the_owner_saves_settings(owner, account):
    post(owner, "settings", account, **SETTINGS, requires_approval="on", sign_in_above="5,000")
    account.refresh_from_db()
    assert (account.requires_approval, account.sign_in_above) == (True, 5000)


def test_a_setting_changed_in_another_window_stays(owner, account):
    stale = page(owner, "settings", account).context["form"]["shown"].value()
    CreditAccount.objects.update(requires_approval=True)
    post(owner, "settings", account, **SETTINGS | {"name": "Acme Maps", "shown": stale})
    account.refresh_from_db()
    assert (account.requires_approval, account.name) == (True, "Acme Maps")


@pytest.mark.parametrize("shown", ["", "forged", "x" * 3000])
def test_without_what_was_shown_the_whole_form_counts(owner, account, shown):
    CreditAccount.objects.update(requires_approval=True)
    post(owner, "settings", account, **SETTINGS, shown=shown)
    account.refresh_from_db()
    assert account.requires_approval is False


def test_an_empty_amount_switches_it_off(owner, account):
    CreditAccount.objects.update(low_balance_at=100)
    post(owner, "settings", account, **SETTINGS, low_balance_at="")
    account.refresh_from_db()
    assert account.low_balance_at is None


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "1e9", "NaN", "9" * 5000])
def test_an_amount_that_is_none_is_refused_at_its_field(owner, account, amount):
    response = post(owner, "settings", account, **SETTINGS, low_balance_at=amount)
    assert list(response.context["form"].errors) == ["low_balance_at"]


def test_extra_posted_fields_are_ignored(owner, account):
    post(owner, "settings", account, **SETTINGS, status="frozen", owner="1", ledger_number="9")
    account.refresh_from_db()
    assert (account.status, account.ledger_number) == ("open", 0)


def test_the_page_says_how_many_requests_wait(owner, account, moving_clock):
    make_lot(account)
    ledger.hold(
        account=account,
        credits=5,
        fits=date(2026, 4, 1),
        key="r:1",
        actor="job:test",
        reason="asked",
    )
    text = text_of(page(owner, "settings", account))
    assert "1 request waits for a decision and keeps waiting when you turn this off." in text


def test_alone_the_owner_is_told_to_add_cover(owner, account):
    text = text_of(page(owner, "settings", account))
    assert "Only you can approve. Add cover for holidays." in text


def test_with_a_delegate_the_owner_is_not_told(owner, account, delegate):
    assert "Add cover" not in text_of(page(owner, "settings", account))


def test_a_frozen_account_has_a_banner(owner, account):
    services.freeze(account=account, reason="disputed")
    assert "This account is frozen" in text_of(page(owner, "settings", account))


# --- Ownership --------------------------------------------------------------------------------


@pytest.fixture
def offered(client, account, delegate):
    """Sign in the delegate to whom the account is offered."""
    services.offer_ownership(delegate=delegate, actor=account.owner)
    client.force_login(UserFactory(email=delegate.email))
    return client


def test_the_owner_offers_the_account(owner, account, delegate):
    post(owner, "ownership", account, delegate=delegate.pk)
    delegate.refresh_from_db()
    assert delegate.ownership_offered_at


def test_another_accounts_delegate_is_offered_nothing(owner, account, delegate):
    response = post(owner, "ownership", account, delegate=DelegateFactory(active=True).pk)
    assert list(response.context["form"].errors) == ["delegate"]


def test_the_owner_takes_the_offer_back(owner, account, delegate):
    services.offer_ownership(delegate=delegate, actor=account.owner)
    answer = post(owner, "ownership_end", account)
    delegate.refresh_from_db()
    assert delegate.ownership_offered_at is None
    assert answer.url == f"/accounts/{account.public_id}/ownership/"


def test_the_offer_is_on_the_delegates_list(offered):
    assert "offers you the ownership of Acme" in text_of(offered.get("/accounts/"))


def test_looking_at_the_offer_takes_nothing(offered, account):
    page(offered, "ownership", account)
    account.refresh_from_db()
    assert account.owner.email == "olive@example.com"


def test_the_delegate_accepts_and_is_led_to_the_passkey(offered, account):
    response = post(offered, "ownership", account)
    assert response.headers["Location"] == f"/accounts/{account.public_id}/passkey/"


def test_the_delegate_declines(offered, account, delegate):
    post(offered, "ownership_end", account)
    delegate.refresh_from_db()
    assert delegate.ownership_offered_at is None


def test_without_an_offer_a_delegate_is_told_so(client, account, delegate):
    client.force_login(UserFactory(email=delegate.email))
    assert "No offer is open" in text_of(page(client, "ownership", account))


def test_an_offer_taken_back_meanwhile_is_explained(offered, account, delegate):
    services.withdraw_offer(account=account, actor=account.owner)
    response = offered.post(reverse("accounts:ownership", args=[account.public_id]), follow=True)
    assert "This offer has ended. Nothing has changed." in text_of(response)


# --- Mailed links -----------------------------------------------------------------------------


@pytest.fixture
def invited(account):
    return services.invite_delegate(account=account, actor=account.owner, email="dana@example.com")


def invitation(delegate):
    return reverse("accounts:invitation", args=[delegate.link_token])


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_at_an_invitation_accepts_nothing(client, invited, method):
    getattr(client, method)(invitation(invited))
    invited.refresh_from_db()
    assert invited.status == Delegate.Status.INVITED


def test_an_invitation_is_accepted_without_a_password(client, invited):
    response = client.post(invitation(invited), follow=True)
    assert "You are a delegate of Acme" in text_of(response)


def test_an_invitation_taken_back_is_explained(client, account, invited):
    services.remove_delegate(delegate=invited, actor=account.owner)
    response = client.post(invitation(invited), follow=True)
    assert "This invitation has ended" in text_of(response)


def test_an_invitation_needs_the_csrf_token(invited):
    response = Client(enforce_csrf_checks=True).post(invitation(invited))
    assert response.status_code == 403


def test_nobody_stores_an_invitation(client, invited):
    assert "no-store" in client.get(invitation(invited)).headers["Cache-Control"]


@pytest.mark.parametrize("token", ["x", "A" * 3000])
def test_an_unknown_invitation_is_not_found(client, token):
    assert client.get(f"/invitations/{token}/").status_code == 404


def unsubscribe_path(account, email):
    return services.unsubscribe_url(account, email).removeprefix("http://localhost:8000")


def test_looking_at_an_unsubscribe_link_stops_nothing(client, account):
    client.get(unsubscribe_path(account, "olive@example.com"))
    account.refresh_from_db()
    assert account.early_reminders


def test_a_mail_program_unsubscribes_with_one_click(account):
    path = unsubscribe_path(account, "olive@example.com")
    Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    account.refresh_from_db()
    assert not account.early_reminders


def test_a_forged_unsubscribe_link_is_not_found(client):
    assert client.post("/unsubscribe/forged/").status_code == 404
