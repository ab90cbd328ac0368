"""A customer whose team needs approval, and requests that wait: made as real use makes them."""

from accounts.models import CreditAccount, Delegate
from accounts.services import accept_delegation, invite_delegate
from redemption.models import Redemption, TrainingSession
from redemption.services import Person
from tests.factories.redemption import TrainingSessionFactory, funded_account, register


def make_account(credits: int = 10_000, **fields: object) -> CreditAccount:
    """Return Olga's account: one lot of `credits`, approval required."""
    account = funded_account(credits, requires_approval=True, **fields)
    account.owner.email, account.owner.name = "olga@example.com", "Olga Owner"
    account.owner.save(update_fields=["email", "name"])
    return account


def make_delegate(account: CreditAccount, email: str, name: str = "") -> Delegate:
    """Return a delegate who has accepted."""
    invited = invite_delegate(account=account, actor=account.owner, email=email, name=name)
    return accept_delegation(delegate=invited)


def make_session(**fields: object) -> TrainingSession:
    """Return a class of 600 credits a participant."""
    return TrainingSessionFactory(
        training__title="Field Surveying", training__credits=600, place="Room 5", **fields
    )


def ask(
    account: CreditAccount,
    session: TrainingSession,
    email: str = "ana@example.com",
    **fields: object,
) -> Redemption:
    """Register one participant, sent by Ana unless told; pending where approval is on."""
    name = email.partition("@")[0].lower()
    terms = {"registrant": Person("Ana Lima", email), "names": (f"{name}.guest",)}
    return register(account, session=session, **(terms | fields))
