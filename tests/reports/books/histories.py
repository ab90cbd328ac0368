"""Random years of a programme: the verbs and services that real use goes through, in any order."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth import get_user_model

from accounts import ledger
from accounts.exceptions import PasskeyRefused
from accounts.ledger.models import CreditLot, LedgerEntry
from accounts.services.adjustments import move_credits
from credits_portal.lib import clock
from redemption import services
from redemption.exceptions import RedemptionError
from redemption.models import Redemption, Registration, TrainingSession
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
    TrainingSessionFactory,
    funded_account,
    people,
    register,
)

PRICES = [Decimal(price) for price in ("1.00", "0.80", "0", "0.3333")]
REFUSALS = (RedemptionError, PasskeyRefused, ledger.LedgerError)


class History:
    """Two customers, a class and a course; each step does something, or is refused."""

    def __init__(self, hands):
        self.hands = hands
        self.began = clock.today()
        self.steps = 0
        self.numbers = count()
        self.staff = get_user_model().objects.create_user("staff@example.com", is_staff=True)
        self.accounts = [funded_account(0), funded_account(0, requires_approval=True)]
        self.course = CourseFactory(credits=7, days_needed=10)
        self.training = TrainingFactory(credits=5)
        for pick in range(4):
            self.plan(12 * pick)
            self.buy(37 * pick + pick)

    def take(self, name, pick):
        """Take one step; what is refused has changed nothing."""
        self.steps += 1
        try:
            getattr(self, name)(pick)
        except REFUSALS:
            return

    def terms(self):
        return {"key": f"step:{next(self.numbers)}", "actor": self.staff, "reason": "test"}

    def plan(self, pick):
        starts_at = clock.now() + timedelta(days=2 + pick % 60)
        TrainingSessionFactory(training=self.training, starts_at=starts_at, seats=50)

    def buy(self, pick):
        today = clock.today()
        ledger.issue(
            account=self.accounts[pick % 2],
            credits=5 + pick % 37,
            unit_price=PRICES[pick // 2 % 4],
            purchased_on=today - timedelta(days=pick % 3),
            last_day=today + timedelta(days=3 + pick % 89),
            **self.terms(),
        )

    def names(self, pick):
        return [f"p{self.steps}n{n}" for n in range(1 + pick // 2 % 3)]

    def attend(self, pick):
        sessions = TrainingSession.objects.upcoming()
        if found := sessions[pick % 3 :].first():
            register(self.accounts[pick % 2], session=found, names=self.names(pick))

    def study(self, pick):
        today = clock.today()
        register(
            self.accounts[pick % 2],
            training=self.course,
            names=self.names(pick),
            finish_by_accepted=today,
        )

    def decide(self, pick):
        pending = Redemption.objects.pending().order_by("id")
        if redemption := pick_of(pending, pick):
            end = [services.withdraw, services.lapse, services.confirm, services.confirm][pick % 4]
            end(redemption=redemption, actor=self.staff)

    def live(self, pick, **terms):
        return pick_of(Registration.objects.filter(**terms).order_by("id"), pick)

    def cancel(self, pick):
        if place := self.live(pick, status="registered"):
            services.cancel(redemption=place.redemption, places=[place], actor=self.staff)

    def give_up(self, pick):
        if place := self.live(pick, status="registered", session__isnull=False):
            services.give_up(redemption=place.redemption, place=place, actor=self.staff)

    def return_credits(self, pick):
        self.end_access(pick)
        if place := self.live(pick, status="missed"):
            told = {"actor": self.staff, "reason": "test"}
            services.return_credits(redemption=place.redemption, place=place, **told)

    def change_date(self, pick):
        place = self.live(pick, status="registered", session__isnull=False)
        later = TrainingSession.objects.upcoming()[pick % 3 :].first()
        if place and later:
            services.change_date(
                redemption=place.redemption, places=[place], session=later, actor=self.staff
            )

    def replace(self, pick):
        if place := self.live(pick, status__in=["registered", "waiting"]):
            (person,) = people(f"other{self.steps}")
            services.replace(redemption=place.redemption, place=place, person=person)

    def start(self, pick):
        if place := self.live(pick, status="registered", session=None, started_at=None):
            services.start(place=place)

    def finish(self, pick):
        if place := self.live(pick, status="registered", started_at__isnull=False):
            services.finish(place=place)

    def end_access(self, _pick):
        ended = {"status": "registered", "finish_by__lt": clock.today()}
        for place in Registration.objects.filter(**ended):
            services.end_access(place=place)

    def mark(self, pick):
        begun = TrainingSession.objects.filter(starts_at__lt=clock.now()).order_by("id")
        if session := pick_of(begun, pick):
            came = session.registrations.values_list("pk", flat=True)[: pick % 3]
            services.mark_attendance(session=session, attended=list(came))

    def move_class(self, pick):
        if session := TrainingSession.objects.upcoming()[pick % 3 :].first():
            by = timedelta(days=pick % 40)
            services.move_session(
                session=session,
                starts_at=session.starts_at + by,
                ends_at=session.ends_at + by,
                notice="test",
            )

    def call_off(self, pick):
        if session := pick_of(TrainingSession.objects.order_by("id"), pick):
            services.cancel_session(session=session, notice="test", actor=self.staff)

    def refund(self, pick):
        if lot := pick_of(CreditLot.objects.order_by("id"), pick):
            ledger.withdraw(lot=lot, credits=1 + pick % 9, **self.terms())

    def take_the_refund_back(self, pick):
        refunds = LedgerEntry.objects.filter(kind="withdraw").exclude(key__endswith=":out")
        if entry := pick_of(refunds.order_by("id"), pick):
            ledger.restore(entry=entry, credits=entry.credits, **self.terms())

    def move_credits(self, pick):
        if lot := pick_of(CreditLot.objects.order_by("id"), pick):
            to = next(account for account in self.accounts if account.pk != lot.account_id)
            move_credits(lot=lot, credits=1 + pick % 9, to=to, **self.terms())

    def sweep(self, pick):
        ledger.expire(day=clock.today() - timedelta(days=pick % 3))

    def wait(self, pick):
        self.hands.advance(hours=1 + pick % 220, microseconds=pick % 3)


# Those that make something to act on come up more often.
STEPS = [
    *["buy", "attend", "study", "wait", "wait"] * 3,
    *["plan", "decide", "start", "cancel", "change_date", "return_credits"] * 2,
    *["give_up", "replace", "finish", "mark", "move_class", "call_off"],
    *["refund", "take_the_refund_back", "move_credits", "sweep"],
]


def pick_of(rows, pick):
    """Return one of the rows, or None."""
    found = list(rows)
    return found[pick % len(found)] if found else None
