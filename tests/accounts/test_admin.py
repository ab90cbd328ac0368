import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts import ledger, passkeys
from accounts.models import User
from tests.factories.accounts import (
    CreditAccountFactory,
    DelegateFactory,
    UserFactory,
    make_lot,
)

pytestmark = pytest.mark.django_db

LEDGER = ["creditlot", "ledgerentry", "posting", "hold"]


@pytest.fixture
def account():
    account = CreditAccountFactory(name="Acme", owner__email="olive@example.com")
    DelegateFactory(account=account, active=True)
    make_lot(account)
    return account


@pytest.fixture
def superuser(admin_client_of):
    return admin_client_of(UserFactory(is_staff=True, is_superuser=True))


@pytest.fixture
def admin_client_of(client):
    """Sign somebody in to the admin."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def support(admin_client_of):
    """Sign in a member of staff who may view and change people and accounts."""
    staff = UserFactory(is_staff=True)
    names = ["view_user", "change_user", "view_creditaccount"]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    return admin_client_of(staff)


def task(client, account, name, **posted):
    address = reverse(f"admin:accounts_creditaccount_{name}", args=[account.pk])
    return client.post(address, posted)


def rows_found(client, words):
    address = reverse("admin:accounts_creditaccount_changelist")
    return list(client.get(address, {"q": words}).context["cl"].result_list)


@pytest.mark.parametrize("model", [*LEDGER, "user", "creditaccount"])
def test_every_list_opens(superuser, account, model):
    assert superuser.get(reverse(f"admin:accounts_{model}_changelist")).status_code == 200


@pytest.mark.parametrize("model", ["creditlot", "ledgerentry", "posting", "user", "creditaccount"])
def test_every_row_opens(superuser, account, model):
    rows = {
        "creditlot": account.lots,
        "ledgerentry": account.entries,
        "posting": account.lots.get().postings,
        "user": User.objects,
        "creditaccount": type(account).objects,
    }
    address = reverse(f"admin:accounts_{model}_change", args=[rows[model].first().pk])
    assert superuser.get(address).status_code == 200


@pytest.mark.parametrize("model", LEDGER)
def test_a_superuser_adds_no_ledger_row(superuser, model):
    assert superuser.get(reverse(f"admin:accounts_{model}_add")).status_code == 403


@pytest.mark.parametrize("action", ["change", "delete"])
def test_a_superuser_alters_no_lot(superuser, account, action):
    address = reverse(f"admin:accounts_creditlot_{action}", args=[account.lots.get().pk])
    assert superuser.post(address, {"credits": "5", "post": "yes"}).status_code == 403


def test_no_list_of_the_ledger_offers_to_delete(superuser, account):
    page = superuser.get(reverse("admin:accounts_creditlot_changelist"))
    assert b"delete_selected" not in page.content


@pytest.mark.parametrize("words", ["acme", "olive@example"])
def test_an_account_is_found_by_name_and_owner(superuser, account, words):
    CreditAccountFactory(name="Other")
    assert rows_found(superuser, words) == [account]


def test_an_account_is_found_by_the_end_of_its_passkey(superuser, account):
    passkey, _ = passkeys.ensure(account=account)
    assert rows_found(superuser, passkey.last_four.lower()) == [account]


def test_staff_never_see_a_passkey(superuser, account):
    passkey, _ = passkeys.ensure(account=account)
    address = reverse("admin:accounts_creditaccount_change", args=[account.pk])
    text = superuser.get(address).content.decode()
    assert (passkeys.reveal(passkey) in text, passkey.last_four in text) == (False, True)


def test_settings_are_not_changed_by_staff(superuser, account):
    address = reverse("admin:accounts_creditaccount_change", args=[account.pk])
    superuser.post(address, {"name": "Other", "requires_approval": "on"})
    account.refresh_from_db()
    assert (account.name, account.requires_approval) == ("Acme", False)


def test_staff_freeze_an_account_with_a_reason(superuser, account):
    task(superuser, account, "freeze", reason="The payment is disputed.")
    account.refresh_from_db()
    history = LogEntry.objects.get().change_message
    assert (account.is_frozen, history) == (True, "Freeze: The payment is disputed.")


def test_without_a_reason_nothing_is_frozen(superuser, account):
    task(superuser, account, "freeze", reason=" ")
    account.refresh_from_db()
    assert not account.is_frozen


def test_looking_at_the_task_does_nothing(superuser, account):
    superuser.get(reverse("admin:accounts_creditaccount_freeze", args=[account.pk]))
    account.refresh_from_db()
    assert not account.is_frozen


def test_staff_release_an_account(superuser, account):
    task(superuser, account, "freeze", reason="The payment is disputed.")
    task(superuser, account, "release", reason="The dispute was won.")
    account.refresh_from_db()
    assert not account.is_frozen


def test_staff_replace_an_owner_who_left(superuser, account):
    new = UserFactory(email="nora@example.com")
    task(superuser, account, "owner", owner="Nora@example.com", reason="Olive left.")
    account.refresh_from_db()
    assert account.owner == new


def test_an_owner_must_have_signed_up(superuser, account):
    response = task(superuser, account, "owner", owner="nobody@example.com", reason="x")
    assert list(response.context["form"].errors) == ["owner"]


def test_staff_without_the_right_freeze_nothing(support, account):
    assert task(support, account, "freeze", reason="x").status_code == 403


def test_a_task_on_a_missing_account_is_not_found(superuser, account):
    account.pk = 10**30
    assert task(superuser, account, "freeze", reason="x").status_code == 404


def test_a_superuser_signs_somebody_up(superuser):
    posted = {"email": "New@Example.com", "name": "New", "usable_password": "false"}
    superuser.post(reverse("admin:accounts_user_add"), posted)
    assert not User.objects.get(email="new@example.com").has_usable_password()


def test_support_gives_nobody_rights(support):
    person = UserFactory()
    address = reverse("admin:accounts_user_change", args=[person.pk])
    accounts = {"owned_accounts-TOTAL_FORMS": 0, "owned_accounts-INITIAL_FORMS": 0}
    rights = {"is_superuser": "on", "is_staff": "on"}
    support.post(address, {"name": "X", "is_active": "on", **rights, **accounts})
    person.refresh_from_db()
    assert (person.name, person.is_superuser, person.is_staff) == ("X", False, False)


def test_support_changes_no_other_staff(support):
    boss = UserFactory(is_staff=True, is_superuser=True)
    address = reverse("admin:accounts_user_change", args=[boss.pk])
    assert support.post(address, {"name": "X"}).status_code == 403


def test_support_sets_no_password(support):
    address = reverse("admin:auth_user_password_change", args=[UserFactory().pk])
    assert support.get(address).status_code == 403


def test_nobody_is_deleted(superuser, account):
    address = reverse("admin:accounts_user_delete", args=[account.owner.pk])
    assert superuser.post(address, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("accounts", [1, 3])
def test_the_list_of_accounts_takes_the_same_queries(
    superuser, accounts, django_assert_max_num_queries
):
    for account in CreditAccountFactory.create_batch(accounts):
        make_lot(account)
    with django_assert_max_num_queries(7):
        superuser.get(reverse("admin:accounts_creditaccount_changelist"))


def test_the_page_of_an_account_leads_to_everything_about_it(superuser, account):
    page = superuser.get(reverse("admin:accounts_creditaccount_change", args=[account.pk])).text
    assert reverse("admin:reports_accountoverview_change", args=[account.pk]) in page


def test_who_may_not_see_everything_gets_no_link_to_it(support, account):
    page = support.get(reverse("admin:accounts_creditaccount_change", args=[account.pk])).text
    assert "accountoverview" not in page


def test_the_page_of_an_account_has_nothing_to_save(superuser, account):
    page = superuser.get(reverse("admin:accounts_creditaccount_change", args=[account.pk])).text
    assert 'name="_save"' not in page


def test_the_ledger_names_people_as_actors(superuser, account):
    lot = account.lots.get()
    ledger.withdraw(lot=lot, credits=1, key="x", actor=account.owner, reason="A mistake")
    text = superuser.get("/admin/accounts/ledgerentry/").text
    assert f"user:{account.owner.pk}" not in text
    assert '<td class="field-who">olive@example.com</td>' in text
