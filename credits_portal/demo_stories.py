"""What the demo's customers have done within the last year, event by event."""

import uuid
from collections.abc import Sequence
from datetime import date

from accounts.ledger import expire
from accounts.models import CreditAccount
from accounts.services import accept_delegation, change_settings, freeze, invite_delegate
from approvals import services as approvals
from credits_portal.lib import clock
from purchasing import services as purchasing
from purchasing.models import Order, Payment
from redemption import services as redemptions
from redemption.models import Redemption, Training, TrainingSession
from redemption.services import Person

from .demo import days_ago, person
from .demo_catalogue import Dates

ANA = Person("Ana Lima", "ana@example.com")
BEN = Person("Ben Okafor", "ben@example.com")
CYD = Person("Cyd Marsh", "cyd@example.com")
ELI = Person("Eli Stone", "eli@example.com")


def tell(dates: Dates) -> None:
    """Play every customer's year; `dates` are the catalogue's, by training and days from today."""
    northwind(dates)
    harbour(dates)
    frost()
    quarry()


def northwind(dates: Dates) -> None:
    """Approval on, two delegates, lots of every age, requests that ended in every way."""
    with days_ago(398):
        account = buy("olga", 3_500, opens="Northwind Surveying")
    with days_ago(390):
        register(account, [ANA, BEN], dates["field-surveying", -360])
    with days_ago(350):
        buy("olga", 5_000, account)
    with days_ago(300):
        register(account, [BEN], dates["drone-mapping", -250])
    with days_ago(200):
        buy("olga", 20_000, account, po_number="PO-4711")
    with days_ago(180):
        require_approval(account, delegates=["dana@example.com", "ravi@example.com"])
    _northwind_spring(account, dates)
    with days_ago(32):
        expire(day=clock.today())
    _northwind_autumn(account, dates)
    with days_ago(3):
        invite_delegate(account=account, actor=account.owner, email="ina@example.com", name="Ina")
    _northwind_waiting(account, dates)


def _northwind_spring(account: CreditAccount, dates: Dates) -> None:
    """Approved, declined, lapsed."""
    with days_ago(118):
        approve(register(account, [ANA], dates["field-surveying", -90]))
    with days_ago(75):
        request = register(account, [CYD], dates["gis-for-teams", -60])
        decline(request, "Wait for the next budget and ask again in spring.")
    with days_ago(50):
        nobody_decides = register(account, [ELI], dates["drone-mapping", -20])
    with days_ago(43):
        approvals.lapse(request=nobody_decides.approval)


def _northwind_autumn(account: CreditAccount, dates: Dates) -> None:
    """Withdrawn, begun, approved and cancelled in part; another purchase."""
    with days_ago(28):
        taken_back = register(account, [BEN], dates["drone-mapping", 21])
        redemptions.withdraw(redemption=taken_back, actor=f"registration:{taken_back.pk}")
    with days_ago(20):
        course = approve(register(account, [ANA], "coordinate-systems"))
    with days_ago(15):
        redemptions.start(place=course.registrations.get())
    with days_ago(12):
        team = approve(register(account, [ANA, BEN, CYD], dates["gis-for-teams", 60]))
    with days_ago(10):
        buy("olga", 500, account, method=Order.Method.CARD)
    with days_ago(8):
        place = team.registrations.get(email=CYD.email)
        redemptions.cancel(redemption=team, places=[place], actor=f"registration:{team.pk}")


def _northwind_waiting(account: CreditAccount, dates: Dates) -> None:
    with days_ago(1.9):
        note = "For the harbour survey in summer."
        register(account, [ANA, ELI], dates["field-surveying", 45], note=note)
    with days_ago(1.1):
        register(account, [ELI], "coordinate-systems")
    with days_ago(0.2):
        register(account, [BEN], dates["field-surveying", 6])


def harbour(dates: Dates) -> None:
    """No approval, cost centres asked, credits that end tomorrow, in a month and in a quarter."""
    with days_ago(364):
        account = buy("omar", 300, opens="Harbour Labs")
    with days_ago(335):
        buy("omar", 1_000, account)
        change_settings(account=account, actor=account.owner, asks_cost_centre=True)
        delegate = invite_delegate(
            account=account, actor=account.owner, email="olga@example.com", name="Olga Northwind"
        )
        accept_delegation(delegate=delegate)
    with days_ago(275):
        buy("omar", 2_000, account)
    with days_ago(70):
        lia = Person("Lia Chen", "lia@example.com")
        register(account, [lia], dates["gis-for-teams", -60], cost_centre="LAB-2")
    with days_ago(5):
        course = register(account, [lia], "site-safety", cost_centre="LAB-2")
        redemptions.start(place=course.registrations.get())
    with days_ago(4):
        redemptions.finish(place=course.registrations.get())
        kim = Person("Kim Sato", "kim@example.com")
        seats = [kim, Person("Jo Park", "jo@example.com")]
        register(account, seats, dates["vermessungsrecht", 28], cost_centre="LAB-1")


def frost() -> None:
    """Credits that wait for a charge-back to be settled."""
    with days_ago(100):
        account = buy("fay", 20_000, opens="Frost Foods")
    with days_ago(3):
        freeze(account=account, reason="Charge-back opened by the bank")


def quarry() -> None:
    """Leave an order that waits for its transfer."""
    with days_ago(2):
        order("nora", 30_000, opens="Quarry & Co", po_number="Q-17")


def order(
    name: str,
    credits: int,
    account: CreditAccount | None = None,
    *,
    opens: str = "",
    method: str = Order.Method.TRANSFER,
    po_number: str = "",
) -> Order:
    """Order credits for an account of the person, or for a new one."""
    company = account.name if account else opens
    billing = purchasing.Billing(country="US", company=company, po_number=po_number)
    purchase = purchasing.Purchase(
        credits=credits, method=method, billing=billing, account=account, new_account_name=opens
    )
    return purchasing.place_order(buyer=person(name), purchase=purchase, key=str(uuid.uuid4()))


def buy(
    name: str,
    credits: int,
    account: CreditAccount | None = None,
    *,
    opens: str = "",
    method: str = Order.Method.TRANSFER,
    po_number: str = "",
) -> CreditAccount:
    """Order credits and pay them the same day."""
    placed = order(name, credits, account, opens=opens, method=method, po_number=po_number)
    by_card = method == Order.Method.CARD
    purchasing.settle(
        order=placed,
        provider=Payment.Provider.SIMULATED if by_card else Payment.Provider.BANK,
        external_id=f"demo-{placed.number}",
        amount=placed.total,
        currency=placed.currency,
        received_on=clock.today(),
        actor="job:demo" if by_card else person("finance"),
    )
    return placed.account


def require_approval(account: CreditAccount, *, delegates: Sequence[str]) -> None:
    """Turn approval on and let the invited accept."""
    change_settings(account=account, actor=account.owner, requires_approval=True)
    for email in delegates:
        name = email.partition("@")[0].title()
        invited = invite_delegate(account=account, actor=account.owner, email=email, name=name)
        accept_delegation(delegate=invited)


def register(
    account: CreditAccount,
    people: Sequence[Person],
    what: TrainingSession | str,
    *,
    note: str = "",
    cost_centre: str = "",
) -> Redemption:
    """Let the first of `people` send a registration with the passkey for all of them."""
    session = what if isinstance(what, TrainingSession) else None
    training = session.training if session else Training.objects.get(slug=what)
    account.refresh_from_db()
    return redemptions.submit(
        training=training,
        session=session,
        passkey=account.passkeys.select_related("account").get(replaced_at=None),
        registrant=people[0],
        participants=people,
        key=str(uuid.uuid4()),
        note=note,
        cost_centre=cost_centre,
        finish_by_accepted=date.min,
    )


def approve(redemption: Redemption) -> Redemption:
    """Let Dana approve by the link in her mail."""
    link = redemption.approval.links.get(email="dana@example.com")
    by = approvals.decider(user=None, link=link)
    approvals.decide(request=redemption.approval, by=by, approve=True)
    redemption.refresh_from_db()
    return redemption


def decline(redemption: Redemption, reason: str) -> None:
    """Let Olga decline, signed in."""
    by = approvals.decider(user=person("olga"))
    approvals.decide(request=redemption.approval, by=by, approve=False, note=reason)
