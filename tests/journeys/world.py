"""A small world for the screens: a customer with everything, one with nothing, and a catalogue.

Made through the same services as real use, at the real time, so that pages and cookies agree.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from accounts import passkeys
from accounts.models import CreditAccount, User
from accounts.services import (
    accept_delegation,
    invite_delegate,
    offer_ownership,
    open_account,
    unsubscribe_url,
)
from approvals import services as approvals
from credits_portal.lib import clock
from purchasing.services import accept_quote
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
    TrainingSessionFactory,
    add_lot,
    register,
)


@dataclass
class World:
    """Who and what the screens show."""

    owner: User
    account: CreditAccount
    newcomer: User
    nothing: CreditAccount
    things: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["things"][name]
        except KeyError:
            raise AttributeError(name) from None


def found_company(world_owner: User) -> CreditAccount:
    """Return Olga's account: two purchases, an old lot that runs out, two delegates."""
    account = open_account(owner=world_owner, name="Northwind Engineering International")
    PaidOrderFactory(account=account, credits=20_000, company="Northwind", po_number="PO-77")
    add_lot(account, 4_200, days=9)
    delegates = [
        invite_delegate(account=account, actor=world_owner, email=email, name=name)
        for email, name in [("dana@example.com", "Dana Deputy"), ("ravi@example.com", "Ravi")]
    ]
    accept_delegation(delegate=delegates[0])
    return account


def open_school() -> dict[str, Any]:
    """Make the catalogue: a class on two dates, a class that is nearly full, a course."""
    survey = TrainingFactory(
        title="Field surveying with drones", credits=600, slug="field-surveying"
    )
    first = TrainingSessionFactory(training=survey, place="Room 5, Invalidenstr. 1, Berlin")
    starts = clock.now() + timedelta(days=60)
    TrainingSessionFactory(training=survey, starts_at=starts, time_zone="America/New_York")
    leading = TrainingFactory(title="Leading teams from afar", credits=1_200, slug="leading")
    TrainingSessionFactory(training=leading, seats=1, starts_at=starts)
    course = CourseFactory(title="Statistics at your own pace", credits=300, slug="statistics")
    return {"survey": survey, "session": first, "leading": leading, "course": course}


def use_credits(account: CreditAccount, school: dict[str, Any]) -> dict[str, Any]:
    """Register people: confirmed, on demand, waiting and declined."""
    confirmed = register(account, session=school["session"], names=("ann", "bela"))
    studying = register(account, training=school["course"], names=("cleo",))
    account.requires_approval = True
    account.save(update_fields=["requires_approval"])
    waiting = register(account, session=school["session"], names=("ana",), note="For the new team.")
    declined = register(account, session=school["session"], names=("ben",))
    approvals.decide(
        request=declined.approval,
        by=approvals.decider(user=account.owner),
        approve=False,
        note="Next year.",
    )
    return {
        "confirmed": confirmed,
        "studying": studying,
        "waiting": waiting,
        "declined": declined,
    }


def offer_account(owner: User, to: User) -> CreditAccount:
    """Return an account whose ownership is offered to a delegate."""
    account = open_account(owner=owner, name="Harbour Labs")
    invited = invite_delegate(account=account, actor=owner, email=to.email, name=to.name)
    offer_ownership(delegate=accept_delegation(delegate=invited), actor=owner)
    return account


def leave_class(account: CreditAccount, school: dict[str, Any]) -> dict[str, Any]:
    """Register somebody for a class that is too near to be cancelled, only given up."""
    soon = clock.now() + timedelta(days=5)
    session = TrainingSessionFactory(training=school["survey"], starts_at=soon)
    leaving = register(account, session=session, names=("lou",), user=account.owner)
    leaving.confirmed_at = clock.now() - timedelta(days=2)
    leaving.save(update_fields=["confirmed_at"])
    return {"leaving": leaving, "left_place": leaving.registrations.get()}


def quotes_further_on(account: CreditAccount) -> dict[str, Any]:
    """Make a quote that was accepted, and one whose price no longer holds."""
    invoiced = OrderFactory(account=account, credits=500, payables_email="ap@example.com")
    accept_quote(
        order=invoiced,
        po_number="PO-4711",
        payables_email=invoiced.payables_email,
        actor=account.owner,
    )
    expired = OrderFactory(account=account, credits=700)
    expired.status = "expired"
    expired.quote_valid_until = clock.today() - timedelta(days=1)
    expired.save(update_fields=["status", "quote_valid_until"])
    return {"invoiced": invoiced, "expired": expired}


def build() -> World:
    """Make the world."""
    owner = UserFactory(email="olga@example.com", name="Olga Owner")
    UserFactory(email="dana@example.com", name="Dana Deputy")
    account = found_company(owner)
    newcomer = UserFactory(email="nils@example.com", name="Nils New")
    nothing = open_account(owner=newcomer, name="Empty Shelf")
    school = open_school()
    things = school | use_credits(account, school)
    things |= leave_class(account, school)
    things["staff"] = UserFactory(email="tess@example.com", is_staff=True, is_superuser=True)
    things["harbour"] = offer_account(newcomer, to=owner)
    things["unsubscribe"] = unsubscribe_url(account, "dana@example.com").rpartition("/unsub")[2]
    things["order"] = OrderFactory(account=account, credits=30_000)
    things |= quotes_further_on(account)
    things["paid"] = account.orders.order_by("pk").first()
    things["place"] = things["confirmed"].registrations.order_by("pk").last()
    things["passkey"] = passkeys.reveal(account.passkeys.get(replaced_at=None))
    things["approval"] = things["waiting"].approval
    things["link"] = things["approval"].links.get(email="dana@example.com")
    things["invitation"] = account.delegates.get(email="ravi@example.com")
    return World(owner, account, newcomer, nothing, things)
