"""Demo data for development: a year of real use, made by the services that real use goes through.

The portal's clock is moved back for each event and stands at the present again afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple
from unittest import mock

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from accounts import passkeys
from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from credits_portal.outbox.models import OutboundMail

PASSWORD = "training-credits"  # noqa: S105 (printed for everybody to use)


class Persona(NamedTuple):
    """Somebody who can sign in to the demo."""

    email: str
    name: str
    role: str
    group: str = ""


CUSTOMERS = [
    Persona("olga@example.com", "Olga Northwind", "owns Northwind Surveying, helps Harbour Labs"),
    Persona("dana@example.com", "Dana Deputy", "delegate of Northwind Surveying"),
    Persona(
        "omar@example.com", "Omar Harbour", "owns Harbour Labs: no approval, lots about to end"
    ),
    Persona("fay@example.com", "Fay Frost", "owns Frost Foods: frozen"),
    Persona("mia@example.com", "Mia Meridian", "owns Meridian Maps: low balance, classes moved"),
    Persona("nora@example.com", "Nora Quarry", "has ordered and not paid yet"),
]
STAFF = [
    Persona("admin@example.com", "Ada Admin", "superuser"),
    Persona("finance@example.com", "Finn Ance", "staff: finance", "Finance"),
    Persona("training@example.com", "Tess Training", "staff: training", "Training"),
    Persona("support@example.com", "Sue Port", "staff: support", "Support"),
]


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """Let the portal's clock stand `days` before the present."""
    moment = clock.now() - timedelta(days=days)
    with mock.patch.object(clock, "now", return_value=moment):
        yield


def is_built() -> bool:
    """Tell whether the demo data are here already."""
    return User.objects.filter(email=CUSTOMERS[0].email).exists()


def post_mails() -> None:
    """Let the past year's mails wait from now on, when a worker first sees them."""
    OutboundMail.objects.undelivered().update(queued_at=clock.now())


@transactional
def build_people() -> None:
    """Make everybody who signs in; their addresses are verified."""
    with days_ago(400):
        for persona in [*CUSTOMERS, *STAFF]:
            _make(persona)


def person(name: str) -> User:
    """Return the persona whose address begins with `name`."""
    return User.objects.get(email=f"{name}@example.com")


def shared_passkeys() -> list[tuple[str, str]]:
    """Return each account's name and its passkey as its owner sees it."""
    accounts = CreditAccount.objects.filter(passkeys__replaced_at=None).order_by("id")
    return [
        (account.name, passkeys.reveal(account.passkeys.get(replaced_at=None)))
        for account in accounts.filter(passkeys__isnull=False).distinct()
    ]


def _make(persona: Persona) -> None:
    user = User.objects.create_user(
        persona.email,
        PASSWORD,
        name=persona.name,
        is_staff=persona in STAFF,
        is_superuser=persona.role == "superuser",
    )
    user.groups.set(Group.objects.filter(name=persona.group))
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
