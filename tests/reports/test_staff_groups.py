"""What each group of staff may do in the administration."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

PAGES = [
    "accounts_creditaccount",
    "accounts_ledgerentry",
    "accounts_user",
    "outbox_outboundmail",
    "purchasing_order",
    "purchasing_pricelist",
    "redemption_redemption",
    "redemption_trainingsession",
    "reports_accountoverview",
]
SEEN_BY = {
    "Finance": {
        "accounts_creditaccount", "accounts_ledgerentry", "outbox_outboundmail",
        "purchasing_order", "purchasing_pricelist", "redemption_redemption",
        "reports_accountoverview",
    },
    "Training": {"redemption_redemption", "redemption_trainingsession"},
    "Support": {
        "accounts_creditaccount", "accounts_ledgerentry", "accounts_user", "outbox_outboundmail",
        "purchasing_order", "redemption_redemption", "redemption_trainingsession",
        "reports_accountoverview",
    },
}  # fmt: skip


@pytest.fixture
def staff(client):
    # The flush of a transactional test takes the migration's rows along.
    import_module("reports.migrations.0002_staff_groups").add(apps, None)

    def sign_in(group):
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return user

    return sign_in


@pytest.mark.parametrize("group", SEEN_BY)
def test_a_group_sees_its_pages_and_no_others(client, staff, group):
    staff(group)
    answers = {page: client.get(reverse(f"admin:{page}_changelist")).status_code for page in PAGES}
    assert answers == {page: 200 if page in SEEN_BY[group] else 403 for page in PAGES}


@pytest.mark.parametrize(
    ("group", "allowed"), [("Finance", False), ("Training", False), ("Support", True)]
)
def test_support_alone_sends_mails_again(staff, group, allowed):
    assert staff(group).has_perm("outbox.resend_outboundmail") is allowed


@pytest.mark.parametrize("group", SEEN_BY)
def test_no_group_changes_the_ledger(staff, group):
    rights = staff(group).get_all_permissions()
    models = ("creditlot", "ledgerentry", "hold", "posting")
    assert not {right for right in rights if right.endswith(models) and ".view_" not in right}
