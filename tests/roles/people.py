"""Everybody who may knock: one client a role, and the world whose doors they try."""

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.services import (
    accept_delegation,
    invite_delegate,
    remove_delegate,
    unsubscribe_url,
)
from credits_portal.lib import clock
from purchasing.models import Dispute, ProviderEvent, Shortfall, TaxRule
from purchasing.services.refunds import request_refund
from reports.models import ExportJob
from reports.subscriptions import stop_url
from tests.factories.accounts import UserFactory
from tests.factories.redemption import register
from tests.journeys import world as worlds

ROLES = (
    "anonymous", "holder", "delegate", "removed", "owner", "other",
    "Finance", "Training", "Support", "superuser",
)  # fmt: skip
GROUPS = ("Finance", "Training", "Support")


def build_world():
    """Return the screens' world with a removed delegate and staff's rows added."""
    world = worlds.build()
    removed = invite_delegate(account=world.account, actor=world.owner, email="rem@example.com")
    accept_delegation(delegate=removed)
    later = register(world.account, session=world.session, names=("ida",))
    world.things |= {
        "removed_link": later.approval.links.get(email="rem@example.com"),
        "delegate": world.account.delegates.get(email="dana@example.com"),
    }
    world.things |= {
        "theme_version": "1",
        "paper": world.order.documents.get(),
        "course_place": world.studying.registrations.get(),
        "unsubscribe_token": unsubscribe_url(world.account, "dana@example.com").split("/")[-2],
    }
    world.things |= {
        "report": "usage",
        "ending": "csv",
        "statement_token": stop_url(world.account, "dana@example.com").split("/")[-3],
        "file": ExportJob.objects.create(
            account=world.account,
            user=world.owner,
            report="usage",
            ending="csv",
            filename="usage.csv",
            state=ExportJob.State.DONE,
            finished_at=clock.now(),
        ),
    }
    world.things["refund"] = request_refund(
        order=world.paid,
        payment=world.paid.payments.get(),
        credits=100,
        reason="Ordered too many",
        actor="job:test",
        key="refund-of-100",
    )
    _show_exceptions(world.paid, world.things["refund"])
    TaxRule.objects.create(country="DE", rate=19)
    EmailAddress.objects.create(user=world.owner, email=world.owner.email, primary=True)
    remove_delegate(delegate=removed, actor=world.owner)
    return world


def _show_exceptions(order, refund):
    """Give the lists of what a payment provider told a row each."""
    told = {"order": order, "provider": "stripe"}
    ProviderEvent.objects.create(**told, external_id="evt_1", kind="charge.refunded", raw={})
    money = {"amount": 80, "currency": "USD", "payment": order.payments.get()}
    Dispute.objects.create(**told, **money, external_id="dp_1")
    Shortfall.objects.create(lot=order.lot, refund=refund, credits=100, recovered=100)


def clients(world):
    """Return a client for each role."""
    users = {
        "delegate": UserFactory._meta.model.objects.get(email="dana@example.com"),
        "removed": UserFactory(email="rem@example.com"),
        "owner": world.owner,
        "other": world.newcomer,
        "superuser": _staff(UserFactory(is_superuser=True, is_staff=True)),
    }
    for name in GROUPS:
        users[name] = _staff(UserFactory(is_staff=True))
        users[name].groups.add(Group.objects.get(name=name))
    return {role: _client(users.get(role), role, world) for role in ROLES}


def _staff(user):
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    return user


def _client(user, role, world):
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    if role == "holder":
        _register(client, world)
    return client


def _register(client, world):
    """Let somebody without an account send a registration with the passkey."""
    form = {
        "name": "Hal Holder",
        "email": "hal@example.com",
        "attending": "on",
        "passkey": world.passkey,
        "people-TOTAL_FORMS": "0",
        "people-INITIAL_FORMS": "0",
    }
    check = client.post(reverse("redemption:register", args=[world.course.slug]), form)
    assert check.status_code == 302, check.content.decode()
    key = check["Location"].rstrip("/").rpartition("/")[2]
    done = client.post(check["Location"], {"key": key, "finish_by": "on"})
    assert done.status_code == 302, done.content.decode()
    world.things["check_key"] = key
