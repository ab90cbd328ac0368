"""Two approvers at once, PostgreSQL only: one decision, one set of mails (rules.md 5)."""

import pytest

from accounts import ledger
from approvals import services
from approvals.exceptions import ApprovalError
from approvals.models import ApprovalRequest
from credits_portal.outbox.models import OutboundMail
from tests.factories import approvals as factories
from tests.parallel import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]


@pytest.fixture
def approval(transactional_db):
    account = factories.make_account()
    factories.make_delegate(account, "dana@example.com", "Dana Deputy")
    return factories.ask(account, factories.make_session()).approval


def decision(approval, email, *, approve):
    """Return an act: this approver opens the link and decides."""

    def act():
        request = ApprovalRequest.objects.with_facts().get(pk=approval.pk)
        by = services.decider(user=None, link=request.links.get(email=email))
        services.decide(request=request, by=by, approve=approve, note="Not now")
        return "decided"

    return act


def decide_together(approval, olga, dana):
    """Let owner and delegate decide at the same moment; return what each got."""
    results = together(
        decision(approval, "olga@example.com", approve=olga),
        decision(approval, "dana@example.com", approve=dana),
        refusals=ApprovalError,
    )
    return sorted(getattr(result, "code", result) for result in results)


def mails():
    names = OutboundMail.objects.filter(name__startswith="redemption.").order_by(
        "name", "recipient"
    )
    return [
        (name.removeprefix("redemption."), to)
        for name, to in names.values_list("name", "recipient")
    ]


APPROVED = [
    ("confirmed", "ana@example.com"),
    ("confirmed_owner", "olga@example.com"),
    ("place_confirmed", "ana.guest@example.com"),
    ("request_received", "ana@example.com"),
]
DECLINED = [("declined", "ana@example.com"), ("request_received", "ana@example.com")]


@pytest.mark.parametrize(
    ("approve", "owed"), [(True, APPROVED), (False, DECLINED)], ids=["approve", "decline"]
)
def test_two_alike_decisions_are_one(approval, approve, owed):
    assert decide_together(approval, approve, approve) == ["decided", "ended"]
    assert mails() == owed
    assert ledger.verify() == []


@pytest.mark.parametrize("again", range(4))
def test_of_two_opposite_decisions_one_counts(approval, again):
    assert decide_together(approval, again % 2 == 0, again % 2 == 1) == ["decided", "ended"]
    approval.refresh_from_db()
    assert mails() == (APPROVED if approval.status == "approved" else DECLINED)
    assert ledger.balance(account=approval.account).held == 0


def test_of_a_decision_and_the_registrants_withdrawal_one_counts(approval):
    results = together(
        decision(approval, "dana@example.com", approve=True),
        lambda: services.redemptions.withdraw(
            redemption=approval.redemption, actor="registration:1"
        ),
        refusals=(ApprovalError, services.RedemptionError),
    )
    approval.refresh_from_db()
    refused = [result for result in results if isinstance(result, Exception)]
    assert (len(refused), approval.status in {"approved", "withdrawn"}) == (1, True)
    assert ledger.balance(account=approval.account).held == 0
