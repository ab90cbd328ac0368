"""Accounts of any size, their rows written in bulk: for counting queries, not for verifying."""

from datetime import timedelta
from decimal import Decimal

from accounts.models import CreditLot, LedgerEntry, Passkey, Posting
from approvals.models import ApprovalRequest
from credits_portal.lib import clock
from redemption.models import Redemption, Registration
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.redemption import CourseFactory, TrainingSessionFactory

PENDING_EVERY = 10


def linked(row):
    """Return `row` with a secret link, which bulk inserts do not give."""
    row.renew_link()
    return row


def account_of_size(lots, entries, registrations):
    """Return an account with that many lots, ledger entries and registrations."""
    account = CreditAccountFactory(owner=UserFactory(), requires_approval=True)
    add_lots(account, lots)
    add_entries(account, entries)
    add_registrations(account, registrations)
    return account


def add_lots(account, count):
    """Give lots of 1,000 credits that end one after another."""
    today = clock.today()
    CreditLot.objects.bulk_create(
        CreditLot(
            account=account,
            credits=1000,
            unit_price=Decimal("0.8"),
            purchased_on=today,
            last_day=today + timedelta(days=1 + number % 364),
            available=500,
            held=100,
            redeemed=400,
        )
        for number in range(count)
    )


def add_entries(account, count):
    """Write entries of every kind, a posting each."""
    lots, now = list(account.lots.all()), clock.now()
    kinds = ["issue", "redeem", "hold", "expire"]
    moves = [("issued", "available"), ("available", "redeemed"), ("available", "held"),
             ("available", "expired")]  # fmt: skip
    made = LedgerEntry.objects.bulk_create(
        LedgerEntry(
            account=account,
            number=number + 1,
            kind=kinds[number % 4],
            key=f"bulk:{number}",
            fingerprint="f",
            credits=10,
            actor=f"user:{account.owner_id}",
            reason="bulk",
            effective_at=now - timedelta(hours=number),
            created_at=now - timedelta(hours=number),
            hash="h",
        )
        for number in range(count)
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            lot=lots[entry.number % len(lots)],
            source=moves[(entry.number - 1) % 4][0],
            target=moves[(entry.number - 1) % 4][1],
            credits=10,
        )
        for entry in made
    )


def add_registrations(account, count):
    """Write registrations for a class and a course, every tenth waiting for approval."""
    session = TrainingSessionFactory(seats=10_000)
    of_course = {"training": CourseFactory(), "finish_by": clock.today() + timedelta(days=40)}
    passkey = Passkey.objects.create(
        account=account, digest=f"d{account.pk}", encrypted_value="", last_four="0000"
    )
    entries = {
        kind: iter(account.entries.filter(kind=kind).order_by("number"))
        for kind in ("redeem", "hold")
    }
    made = []
    for number in range(count):
        entry = next(entries["redeem" if number % PENDING_EVERY else "hold"])
        of_class = {"training": session.training, "session": session}
        made.append(_redemption(number, entry, passkey, of_class if number % 2 else of_course))
    Redemption.objects.bulk_create(made)
    Registration.objects.bulk_create([linked(_place(redemption)) for redemption in made])
    waiting = [redemption for redemption in made if redemption.is_pending]
    ApprovalRequest.objects.bulk_create(
        ApprovalRequest(redemption=redemption) for redemption in waiting
    )


def _redemption(number, entry, passkey, paid_for):
    now = clock.now()
    if entry.kind == "hold":
        state = {"hold_id": entry.pk, "status": "pending", "decide_by": now + timedelta(days=2)}
    else:
        state = {"entry": entry, "status": "confirmed", "confirmed_at": now}
    return linked(
        Redemption(
            account=entry.account,
            passkey=passkey,
            name=f"Person {number}",
            email=f"p{number}@example.com",
            cost_centre=f"CC-{number % 7}",
            credits=10,
            key=f"bulk:{entry.account_id}:{number}",
            fingerprint="f",
            **paid_for,
            **state,
        )
    )


def _place(redemption):
    return Registration(
        redemption=redemption,
        account=redemption.account,
        training=redemption.training,
        session=redemption.session,
        name=redemption.name,
        email=redemption.email,
        credits=10,
        entry=redemption.entry,
        status="waiting" if redemption.is_pending else "registered",
        finish_by=redemption.finish_by,
    )
