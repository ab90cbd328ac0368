"""What expires when, and what will at the present pace (docs/reports.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock
from redemption.fitting import last_classes
from redemption.models import TrainingSession

from . import sql

PACE_DAYS = 90
# A pace over fewer days than this says nothing; a younger account is looked at over as many.
PACE_LEAST_DAYS = 30


@dataclass(frozen=True)
class Pace:
    """What was used, less what was returned, in the last days.

    It is not known as long as a new account has used nothing.
    """

    used: int
    days: int
    is_known: bool = True

    def in_days(self, days: int) -> int:
        """Return what will be used in so many days at this pace, rounded down."""
        return max(self.used, 0) * days // self.days


@dataclass(frozen=True)
class Rung:
    """A lot that ends: what is left of it, and what of that will be lost at the present pace."""

    lot: CreditLot
    lost: int
    last_class: TrainingSession | None = None

    @property
    def last_day(self) -> date:
        """Return its last usable day."""
        return self.lot.last_day

    @property
    def credits(self) -> int:
        """Return what is available."""
        return self.lot.available

    @property
    def held(self) -> int:
        """Return what requests have reserved; it is neither used nor lost yet."""
        return self.lot.held

    @property
    def value(self) -> Decimal:
        """Return what was paid for what is available."""
        return self.lot.available * self.lot.unit_price

    @property
    def lost_value(self) -> Decimal:
        """Return what was paid for what will be lost."""
        return self.lost * self.lot.unit_price


@dataclass(frozen=True)
class Ladder:
    """The lots that end, soonest first, and the pace by which their loss is reckoned."""

    pace: Pace
    rungs: Sequence[Rung]

    @property
    def credits(self) -> int:
        """Return what is available in all."""
        return sum(rung.credits for rung in self.rungs)

    @property
    def value(self) -> Decimal:
        """Return what was paid for it."""
        return sum((rung.value for rung in self.rungs), Decimal(0))

    @property
    def lost(self) -> int:
        """Return what will be lost at the present pace."""
        return sum(rung.lost for rung in self.rungs)

    @property
    def lost_value(self) -> Decimal:
        """Return what was paid for what will be lost."""
        return sum((rung.lost_value for rung in self.rungs), Decimal(0))

    @property
    def losing(self) -> Sequence[Rung]:
        """Return the lots of which something will be lost."""
        return [rung for rung in self.rungs if rung.lost]


# From the entries alone; what was restored of a withdrawal was not used before.
USED = """
SELECT COALESCE(SUM(CASE WHEN kind = 'restore' THEN -credits ELSE credits END), 0)
FROM accounts_ledgerentry AS entry
WHERE account_id = %s AND effective_at >= %s AND (
    kind IN ('redeem', 'capture') OR kind = 'restore' AND EXISTS (
        SELECT 1 FROM accounts_ledgerentry AS origin
        WHERE origin.id = entry.reverses_id AND origin.kind <> 'withdraw'
    )
)
"""


def pace_of(account: CreditAccount) -> Pace:
    """Return the account's pace over the last 90 days; of a younger one over its age."""
    today = clock.today()
    age = (today - clock.day_of(account.created_at)).days
    days = min(PACE_DAYS, max(PACE_LEAST_DAYS, age))
    since = sql.as_moment(today - timedelta(days=days))
    ((used,),) = sql.fetch(USED, [account.pk, since])
    return Pace(used=int(used), days=days, is_known=used > 0 or age >= PACE_LEAST_DAYS)


def ladder(account: CreditAccount, *, with_classes: bool = False) -> Ladder:
    """Return what expires when and what of it will be lost, in two statements, or three.

    Credits are used soonest-expiring first (rules.md 3): what the pace uses until a lot's last day
    is drawn from the lots before it first.
    """
    today = clock.today()
    lots = list(
        CreditLot.objects.filter(account=account, last_day__gte=today, available__gt=0).order_by(
            "last_day", "id"
        )
    )
    pace = pace_of(account)
    classes = last_classes(lots) if with_classes else {}
    rungs = []
    used = 0
    for lot in lots:
        until_then = pace.in_days((lot.last_day - today).days)
        taken = min(lot.available, max(0, until_then - used))
        used += taken
        lost = lot.available - taken if pace.is_known else 0
        rungs.append(Rung(lot, lost, classes.get(lot.pk)))
    return Ladder(pace, rungs)
