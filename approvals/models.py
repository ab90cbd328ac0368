"""Requests for approval, the link of each approver, and what was decided (rules.md 5)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from credits_portal.lib.signing import SecretLink, SecretLinkQuerySet
from redemption.models import Redemption

REMINDER_HOURS = (24, 72)


def now() -> Any:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    """Look-ups of requests."""

    def open(self) -> "ApprovalRequestQuerySet":
        """Return those that wait for a decision."""
        return self.filter(status=ApprovalRequest.Status.OPEN)

    def ended(self) -> "ApprovalRequestQuerySet":
        """Return those that were decided, lapsed or withdrawn, the latest first."""
        return self.exclude(status=ApprovalRequest.Status.OPEN).order_by("-ended_at", "-id")

    def due(self, at: datetime) -> "ApprovalRequestQuerySet":
        """Return the open ones whose time to decide is over at `at`."""
        return self.open().filter(redemption__decide_by__lte=at)

    def to_remind(self, at: datetime, hours: int) -> "ApprovalRequestQuerySet":
        """Return the open ones that have waited `hours` and were not reminded at that step.

        One whose time is over, booked as lapsed or not yet, is nothing to remind of.
        """
        waiting = self.open().filter(redemption__decide_by__gt=at, reminded_at_hours__lt=hours)
        return waiting.filter(opened_at__lte=at - timedelta(hours=hours))

    def visible_to(self, user: User) -> "ApprovalRequestQuerySet":
        """Return the requests of accounts that `user` owns or is an active delegate of."""
        accounts = CreditAccount.objects.visible_to(user).values("pk")
        return self.filter(redemption__account__in=accounts)

    def with_facts(self) -> "ApprovalRequestQuerySet":
        """Fetch along what every list and mail shows of a request."""
        return self.select_related(
            "redemption__account__owner",
            "redemption__training",
            "redemption__session",
            "redemption__user",
            "redemption__hold",
        ).prefetch_related("redemption__registrations", "redemption__hold__postings__lot")


class ApprovalRequest(models.Model):
    """One pending redemption that waits for the owner or a delegate; decided once."""

    class Status(models.TextChoices):
        """How far the request has come."""

        OPEN = "open", _("waiting")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("lapsed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class How(models.TextChoices):
        """By which way the approver was known."""

        LINK = "link", _("by the link in the mail")
        SIGNED_IN = "signed_in", _("signed in")

    redemption = models.OneToOneField(
        Redemption, on_delete=models.PROTECT, related_name="approval", verbose_name=_("redemption")
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    opened_at = models.DateTimeField(_("waiting since"), default=now, editable=False)
    reminded_at_hours = models.PositiveSmallIntegerField(default=0, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    decided_by = models.EmailField(_("decided by"), blank=True)
    how = models.CharField(_("how"), max_length=10, choices=How.choices, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval request")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["opened_at"], name="approval_open", condition=Q(status="open")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "approved", "declined", "lapsed", "withdrawn"]),
                name="approval_status",
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at=None) | ~Q(status="open") & ~Q(ended_at=None),
                name="approval_ended_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "declined"]) & ~Q(decided_by="") & ~Q(how="")
                | ~Q(status__in=["approved", "declined"]) & Q(decided_by="", how=""),
                name="approval_names_who_decided",
            ),
        ]

    def __str__(self) -> str:
        return str(self.redemption)

    def get_absolute_url(self) -> str:
        """Return the address of the decision page for people who are signed in."""
        return reverse("approvals:request", args=[self.redemption.reference])

    @property
    def is_open(self) -> bool:
        """Tell whether the request still waits for a decision."""
        return self.status == self.Status.OPEN

    @property
    def is_overdue(self) -> bool:
        """Tell whether its time to decide is over, booked as lapsed or not yet."""
        decide_by = self.redemption.decide_by
        return self.is_open and decide_by is not None and decide_by <= clock.now()

    @property
    def account(self) -> CreditAccount:
        """Return the account whose credits are held."""
        return self.redemption.account

    def is_from(self, email: str) -> bool:
        """Tell whether the person with this address sent the request (rules.md 5)."""
        return email.casefold() in {sender.casefold() for sender in self.redemption.senders}


class ApprovalLink(SecretLink):
    """The link by which one approver decides one request (rules.md 5)."""

    link_purpose = "approval"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="links")
    email = models.EmailField(_("email address"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("made"), default=now, editable=False)
    used_at = models.DateTimeField(_("used"), null=True, editable=False)

    objects = SecretLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval link")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "email"], name="approval_link_once_per_approver"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        """Return the decision page's address, secret token included."""
        return reverse("approvals:decision", args=[self.link_token])
