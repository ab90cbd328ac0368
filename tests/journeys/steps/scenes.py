"""Scenes: what is there before a journey begins, made by the services of real use.

Each returns plain values, so that a portal of its own processes can set the scene as well.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.test import Client

from accounts import passkeys
from accounts.ledger import verify
from accounts.models import CreditAccount, User
from accounts.services import accept_delegation, invite_delegate, offer_ownership, open_account
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import emails
from redemption.models import Training, TrainingSession
from tests.factories.accounts import make_lot
from tests.factories.purchasing import OrderFactory, PaidOrderFactory
from tests.factories.redemption import (
    CourseFactory,
    TrainingFactory,
    TrainingSessionFactory,
    add_lot,
    register,
)

OWNER, DANA, RAVI = "olga@example.com", "dana@example.com", "ravi@example.com"
STAFF, PASSWORD = "staff@example.com", "a password of the staff"
COMPANY = "Northwind Surveying"
LABELS = ("accounts", "purchasing", "redemption", "approvals", "reports", "outbox", "account")


def name_of(email):
    """Return what somebody of this address is called."""
    return email.partition("@")[0].capitalize()


def company(*, lots=((10_000, 365),), approval=False, delegates=(), **fields):
    """Found Olga's account with lots of (credits, days left), its passkey and its delegates."""
    owner = verified(User.objects.create_user(OWNER, name=name_of(OWNER)))
    account = open_account(owner=owner, name=COMPANY)
    for name, value in {"requires_approval": approval, **fields}.items():
        setattr(account, name, value)
    account.save()
    for credits, days in lots:
        add_lot(account, credits, days=days)
    appoint(account, delegates)
    passkey, _made = passkeys.ensure(account=account)
    return {"account": account.public_id, "passkey": passkeys.reveal(passkey)}


def wants_approval(*, delegates=()):
    """Turn approval on, and have delegates accept; return the passkey."""
    [account] = CreditAccount.objects.all()
    account.requires_approval = True
    account.save(update_fields=["requires_approval"])
    appoint(account, delegates)
    return passkey_of_owner()


def appoint(account, emails):
    """Have people invited as delegates and accept."""
    for email in emails:
        invited = invite_delegate(
            account=account, actor=account.owner, email=email, name=name_of(email)
        )
        accept_delegation(delegate=invited)


def passkey_of_owner():
    """Return the training passkey of the one account."""
    [account] = CreditAccount.objects.all()
    return passkeys.reveal(account.passkeys.get(replaced_at=None))


def verified(user):
    """Have the user's address count as confirmed."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def staff():
    """Hire somebody who may do everything."""
    verified(User.objects.create_superuser(STAFF, PASSWORD))


def classes(*days, slug="surveying", credits=600, seats=12):
    """Plan a live training with a class in each number of days; return the classes' ids."""
    training = Training.objects.filter(slug=slug).first() or TrainingFactory(
        slug=slug, title="Field Surveying", credits=credits
    )
    return [
        TrainingSessionFactory(
            training=training, starts_at=clock.now() + timedelta(days=each), seats=seats
        ).pk
        for each in days
    ]


def course(*, slug="statistics", credits=300, days_needed=30):
    """Offer an on-demand training."""
    CourseFactory(slug=slug, title="Statistics", credits=credits, days_needed=days_needed)


def when(session):
    """Return how a class is named on the pages."""
    return str(TrainingSession.objects.get(pk=session))


def lots():
    """Return each lot: last day, issued, available, held, redeemed, expired, withdrawn, price."""
    [account] = CreditAccount.objects.all()
    return [
        [
            lot.last_day.isoformat(), lot.credits, lot.available, lot.held, lot.redeemed,
            lot.expired, lot.withdrawn, f"{lot.unit_price:.2f}",
        ]
        for lot in account.lots.order_by("id")
    ]  # fmt: skip


def undelivered():
    """Return how many mails wait."""
    return OutboundMail.objects.undelivered().count()


def kinds_of_mail():
    """Return the kind of each mail of the outbox by its Message-ID."""
    return dict(OutboundMail.objects.values_list("message_id", "name"))


def violations():
    """Return what the ledger's own check finds."""
    return [str(found) for found in verify()]


def everything():
    """Return every row of the portal's own tables, but for the counts of its throttles."""
    models = [model for label in LABELS for model in apps.get_app_config(label).get_models()]
    kept = [model for model in models if "throttle" not in model._meta.label_lower]
    return {
        model._meta.label: [str(row) for row in model.objects.order_by("pk").values()]
        for model in kept
    }


def letters_of_every_kind():
    """Have the services write the mails whose links act: nobody has followed one yet."""
    account = CreditAccount.objects.get(public_id=company(delegates=[DANA])["account"])
    invite_delegate(account=account, actor=account.owner, email=RAVI, name="Ravi")
    offer_ownership(delegate=account.delegates.get(email=DANA), actor=account.owner)
    today = clock.today()
    make_lot(account, 9_000, today + timedelta(days=30), purchased_on=today - timedelta(days=20))
    OrderFactory(account=account, credits=20_000, payables_email="payables@example.com")
    PaidOrderFactory(account=account, credits=3_000)
    first, second = (TrainingSession.objects.get(pk=pk) for pk in classes(20, 40))
    register(account, session=first, names=("ann", "bela"))
    course()
    register(account, training=Training.objects.get(slug="statistics"), names=("cleo", "dora"))
    wants_approval()
    account.refresh_from_db()
    register(account, session=second, names=("emil", "fay"))
    emails.queue_links(email="ann@example.com", language="", moment=clock.now().isoformat())


def session_of(email):
    """Sign somebody in; return the cookie's name and value."""
    client = Client()
    client.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    return [name, client.cookies[name].value]
