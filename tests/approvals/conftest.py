"""A customer whose team needs approval: the owner Olga, the delegate Dana, Ana who asks."""

import pytest

from tests.factories import approvals as factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db, moving_clock):
    return factories.make_account()


@pytest.fixture
def owner(account):
    return account.owner


@pytest.fixture
def delegate(account):
    return factories.make_delegate(account, "dana@example.com", "Dana Deputy")


@pytest.fixture
def session(account):
    return factories.make_session()


@pytest.fixture
def approval(account, delegate, session):
    """A request of Ana's that waits for Olga or Dana."""
    return factories.ask(account, session).approval


@pytest.fixture
def link_of(approval):
    """Return the link of the approver with this address."""
    return lambda email: approval.links.get(email=email)
