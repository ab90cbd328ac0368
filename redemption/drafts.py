"""A registration on its way from the form to the check page, kept in the visitor's session.

The passkey itself is never kept: only which one was found, for an hour.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase

from accounts.models import Passkey, User
from credits_portal.lib import clock
from redemption.models import Redemption, Training, TrainingSession
from redemption.services import Application, Person

SESSION_KEY = "registrations"
AT_MOST = 5
LASTS = timedelta(hours=1)


@dataclass(kw_only=True)
class Draft:
    """What the registrant has said so far; `key` is the checkout's idempotency key."""

    training: int
    session: int | None
    passkey: int | None
    registrant: Sequence[str]
    participants: Sequence[Sequence[str]]
    attending: bool = True
    note: str = ""
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    kept_at: float = field(default_factory=lambda: clock.now().timestamp())

    @property
    def is_fresh(self) -> bool:
        """Tell whether the passkey that was found may still be used."""
        return clock.now().timestamp() - self.kept_at < LASTS.total_seconds()

    @property
    def others(self) -> list[Person]:
        """Return the participants besides the registrant."""
        return [Person(*person) for person in self.participants]

    @property
    def everybody(self) -> list[Person]:
        """Return the participants, the registrant first if attending."""
        own = [Person(*self.registrant)] if self.attending else []
        return own + self.others

    def save(self, session: SessionBase) -> None:
        """Keep the draft for the next page; the oldest of many are dropped."""
        drafts = session.get(SESSION_KEY, {})
        drafts.pop(self.key, None)
        drafts[self.key] = asdict(self)
        session[SESSION_KEY] = dict(list(drafts.items())[-AT_MOST:])

    def current_passkey(self) -> Passkey | None:
        """Return the passkey that was found, while it is current and the draft is fresh."""
        if self.passkey is None or not self.is_fresh:
            return None
        current = Passkey.objects.select_related("account__owner")
        return current.filter(pk=self.passkey, replaced_at=None).first()

    def application(self, training: Training, user: User | None) -> Application | None:
        """Return it as what the checkout takes, or None where something has gone."""
        passkey = self.current_passkey()
        session = TrainingSession.objects.filter(pk=self.session).first() if self.session else None
        if passkey is None or self.training != training.pk or (self.session and not session):
            return None
        return Application(
            training=training,
            session=session,
            passkey=passkey,
            registrant=Person(*self.registrant),
            participants=self.everybody,
            note=self.note,
            key=self.key,
            user=user,
        )


def load(session: SessionBase, key: str) -> Draft | None:
    """Return the visitor's draft of that key, if this release understands it."""
    try:
        return Draft(**session[SESSION_KEY][key])
    except (KeyError, TypeError):
        return None


def again(redemption: Redemption) -> Draft:
    """Return a new draft with the details of an ended request; the passkey is asked again."""
    rows = redemption.registrations.filter(replaced_by=None).values_list("name", "email")
    places = [Person(*row) for row in rows]
    others = [person for person in places if person.email != redemption.email]
    return Draft(
        training=redemption.training_id,
        session=redemption.session_id,
        passkey=None,
        registrant=Person(redemption.name, redemption.email),
        participants=others,
        attending=len(others) < len(places),
        note=redemption.note,
    )
