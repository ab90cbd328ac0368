"""What the programme does in the demo: marks attendance, moves a class, calls another one off."""

from datetime import timedelta

from accounts.models import CreditAccount
from accounts.services import change_settings
from redemption import services as redemptions
from redemption.models import Redemption, TrainingSession
from redemption.services import Person

from .demo import days_ago, person
from .demo_catalogue import Dates
from .demo_stories import buy, register

GIL = Person("Gil Novak", "gil@example.com")
HANA = Person("Hana Ito", "hana@example.com")
IVO = Person("Ivo Brandt", "ivo@example.com")


def run(dates: Dates) -> None:
    """Play Meridian Maps, which uses its credits up, and what staff do with the classes."""
    with days_ago(150):
        account = buy("mia", 5_000, opens="Meridian Maps")
        change_settings(account=account, actor=account.owner, low_balance_at=1_000)
    with days_ago(100):
        register(account, [GIL, HANA], dates["field-surveying", -90])
    _mark_past_classes(dates)
    with days_ago(20):
        register(account, [GIL, HANA, IVO], dates["gis-for-teams", -5])
    with days_ago(15):
        register(account, [HANA], dates["vermessungsrecht", 90])
    _moved_class(account, dates["drone-mapping", 75])
    _place_given_up(account, dates["gis-for-teams", 12])
    with days_ago(2):
        redemptions.cancel_session(
            session=dates["vermessungsrecht", 90],
            notice="The trainer is ill, and there is no other.",
            actor=person("training"),
        )


def _mark_past_classes(dates: Dates) -> None:
    """Mark all but the latest: that one stays in the list of classes not yet marked."""
    for (slug, days), absent in {
        ("field-surveying", -360): [],
        ("drone-mapping", -250): [],
        ("field-surveying", -90): [HANA],
        ("gis-for-teams", -60): [],
    }.items():
        session = dates[slug, days]
        missed = [someone.email for someone in absent]
        came = session.registrations.exclude(email__in=missed).values_list("pk", flat=True)
        with days_ago(-days - 2):
            redemptions.mark_attendance(session=session, attended=set(came))


def _moved_class(account: CreditAccount, session: TrainingSession) -> None:
    """Book a class; pass the place on; move the class by a day."""
    with days_ago(12):
        booked = register(account, [GIL], session)
    with days_ago(9):
        redemptions.replace(redemption=booked, place=booked.registrations.get(), person=IVO)
    with days_ago(3):
        redemptions.move_session(
            session=session,
            starts_at=session.starts_at + timedelta(days=1),
            ends_at=session.ends_at + timedelta(days=1),
            notice="The airfield is closed on the first date.",
        )


def _place_given_up(account: CreditAccount, session: TrainingSession) -> None:
    """Book a class whose last moment to cancel passes; give the place up then."""
    with days_ago(6):
        booked: Redemption = register(account, [IVO], session)
    with days_ago(0.5):
        place = booked.registrations.get()
        redemptions.give_up(redemption=booked, place=place, actor=f"registration:{booked.pk}")
