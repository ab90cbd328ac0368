"""People, credit accounts, delegates and passkeys."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import CreditLot, Hold, LedgerEntry, Posting
from credits_portal.lib import clock
from credits_portal.lib.signing import SecretLink, SecretLinkQuerySet

__all__ = [
    "CreditAccount",
    "CreditLot",
    "Delegate",
    "Freeze",
    "Hold",
    "LedgerEntry",
    "Passkey",
    "Posting",
    "User",
]


def now() -> Any:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


def new_public_id() -> str:
    """Return a random identifier for addresses."""
    return secrets.token_hex(8)


def named(name: str, email: str) -> str:
    """Return a person's name with the address by which two of the same name differ."""
    return f"{name} ({email})" if name else email


class UserManager(BaseUserManager["User"]):
    """Makes users; their email is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user named by `email`; without a password they sign in by code."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by email, without case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. The email is the name, matched without case."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_without_case")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """Return the name, or the email where there is none."""
        return self.name or self.email

    @property
    def name_and_address(self) -> str:
        """Return both, or the email alone where there is no name."""
        return named(self.name, self.email)

    def get_short_name(self) -> str:
        """Return the same as the full name."""
        return self.get_full_name()


class CreditAccountQuerySet(models.QuerySet["CreditAccount"]):
    """Look-ups that authorise: whoever is neither owner nor delegate finds nothing."""

    def owned_by(self, user: User) -> "CreditAccountQuerySet":
        """Return the accounts that `user` owns."""
        return self.filter(owner=user)

    def delegated_to(self, user: User) -> "CreditAccountQuerySet":
        """Return the accounts of which `user` is an active delegate (rules.md 9)."""
        return self.filter(
            delegates__email=user.email,
            delegates__status=Delegate.Status.ACCEPTED,
        )

    def visible_to(self, user: User) -> "CreditAccountQuerySet":
        """Return the accounts whose balance and reports `user` may see (rules.md 9)."""
        delegated = CreditAccount.objects.delegated_to(user).values("pk")
        return self.filter(models.Q(owner=user) | models.Q(pk__in=delegated))

    def with_available(self) -> "CreditAccountQuerySet":
        """Add `available`, the credits that can be spent today; ordered by name."""
        usable = models.Q(lots__last_day__gte=clock.today())
        available = Coalesce(models.Sum("lots__available", filter=usable), 0)
        return self.annotate(available=available).order_by("name", "pk")


class CreditAccount(models.Model):
    """A customer's prepaid credits: one owner, any number of delegates, one passkey."""

    class Status(models.TextChoices):
        """Whether the account may spend."""

        OPEN = "open", _("open")
        FROZEN = "frozen", _("frozen")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="owned_accounts", verbose_name=_("owner")
    )
    requires_approval = models.BooleanField(_("requires approval"), default=False)
    sign_in_above = models.PositiveIntegerField(
        _("signing in asked above"),
        null=True,
        blank=True,
        help_text=_("Credits above which a decision asks for signing in; empty: never."),
    )
    low_balance_at = models.PositiveIntegerField(_("low-balance alert at"), null=True, blank=True)
    asks_cost_centre = models.BooleanField(_("asks for a cost centre"), default=False)
    early_reminders = models.BooleanField(_("early expiry reminders"), default=True)
    delegate_reminders = models.BooleanField(_("expiry reminders to delegates"), default=True)
    monthly_statement = models.BooleanField(_("monthly statement"), default=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    # The head of the ledger's chain: written by accounts.ledger only.
    ledger_number = models.PositiveIntegerField(default=0, editable=False)
    ledger_hash = models.CharField(max_length=64, default="", blank=True, editable=False)

    objects = CreditAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit account")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "frozen"]), name="account_status"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the dashboard's address."""
        return reverse("reports:dashboard", args=[self.public_id])

    @property
    def is_frozen(self) -> bool:
        """Tell whether spending is stopped."""
        return self.status == self.Status.FROZEN

    @property
    def pending_requests(self) -> int:
        """Return how many requests wait for a decision: each has reserved its credits."""
        waiting: int = Hold.objects.open().filter(account=self).count()
        return waiting

    @property
    def is_frozen_by_staff(self) -> bool:
        """Tell whether staff stopped the spending, whoever else did so too."""
        by_staff: bool = self.freezes.open().filter(source=Freeze.STAFF).exists()
        return by_staff

    def is_owned_by(self, user: Any) -> bool:
        """Tell whether `user` owns the account."""
        return bool(user.is_authenticated and user.pk == self.owner_id)


class FreezeQuerySet(models.QuerySet["Freeze"]):
    """Look-ups of freezes."""

    def open(self) -> "FreezeQuerySet":
        """Return the freezes that were not released."""
        return self.filter(released_at=None)


class Freeze(models.Model):
    """One reason for which an account may not spend: it is open until each was released."""

    STAFF = "staff"

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="freezes")
    source = models.CharField(
        _("source"), max_length=40, help_text=_("Who holds it: staff, or dispute:<id>.")
    )
    reason = models.CharField(_("reason"), max_length=500)
    created_at = models.DateTimeField(_("frozen"), default=now, editable=False)
    released_at = models.DateTimeField(_("released"), null=True, editable=False)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "source"],
                condition=models.Q(released_at=None),
                name="freeze_open_once_per_source",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class DelegateQuerySet(SecretLinkQuerySet):
    """Look-ups of delegates."""

    def current(self) -> "DelegateQuerySet":
        """Return those who are invited or active."""
        return self.exclude(status=Delegate.Status.REMOVED)

    def active(self) -> "DelegateQuerySet":
        """Return those who have accepted and not been removed (rules.md 5)."""
        return self.filter(status=Delegate.Status.ACCEPTED)

    def offered_to(self, user: User) -> "DelegateQuerySet":
        """Return the delegations whose account's ownership is offered to `user`."""
        return self.active().filter(email=user.email, ownership_offered_at__isnull=False)


class Delegate(SecretLink):
    """Somebody who may see an account's balance and decide its requests.

    They are known by their email; no `User` is needed. The link is the invitation's.
    """

    link_purpose = "delegate"

    class Status(models.TextChoices):
        """How far the invitation has come."""

        INVITED = "invited", _("invited")
        ACCEPTED = "accepted", _("active")
        REMOVED = "removed", _("removed")

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="delegates")
    email = models.EmailField(_("email address"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.INVITED)
    invited_at = models.DateTimeField(default=now, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    ownership_offered_at = models.DateTimeField(null=True, editable=False)
    reminders = models.BooleanField(_("expiry reminders"), default=True)
    monthly_statement = models.BooleanField(_("monthly statement"), default=False)

    objects = DelegateQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegate")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=~models.Q(status="removed"),
                name="delegate_once_per_account",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["invited", "accepted", "removed"]),
                name="delegate_status",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def name_and_address(self) -> str:
        """Return both, or the email alone where there is no name."""
        return named(self.name, self.email)


class Passkey(models.Model):
    """The secret that spends an account's credits (rules.md 4).

    Looked up by keyed digest, encrypted for the owner's eyes. At most one per account is current.
    """

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="passkeys")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    encrypted_value = models.TextField(editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    replaced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("training passkey")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(replaced_at=None),
                name="passkey_current_once_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"···· {self.last_four}"
