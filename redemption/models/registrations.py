"""Registrations: what the registrant sent, and each participant's place."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount, Hold, LedgerEntry, Passkey, User
from credits_portal.lib import clock
from credits_portal.lib.signing import SecretLink, SecretLinkQuerySet
from redemption import deadlines

from .catalogue import SEATED, Training, TrainingSession

# Crockford's base32: no letter that is read as another.
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8


def now() -> datetime:
    """Return the clock's time (a default that migrations can name and tests can move)."""
    return clock.now()


def new_reference() -> str:
    """Return a short name for people to quote: R-7K4MQ2X9."""
    return "R-" + "".join(secrets.choice(REFERENCE_ALPHABET) for place in range(REFERENCE_LENGTH))


class RedemptionQuerySet(SecretLinkQuerySet):
    """Reads of registrations as the registrant sent them."""

    def pending(self) -> "RedemptionQuerySet":
        """Return the requests that wait for a decision."""
        return self.filter(status=Redemption.Status.PENDING)


class Redemption(SecretLink):
    """One checkout: a training for one or several participants, paid by one account."""

    link_purpose = "redemption"
    # Set by pages that list the places (`count_returned`).
    credits_returned = 0

    class Status(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", _("waiting for approval")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("lapsed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CANCELLED = "cancelled", _("cancelled")

    reference = models.CharField(
        _("reference"), max_length=12, unique=True, default=new_reference, editable=False
    )
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="redemptions")
    passkey = models.ForeignKey(Passkey, on_delete=models.PROTECT, related_name="redemptions")
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="redemptions", editable=False
    )
    name = models.CharField(_("registrant"), max_length=150)
    email = models.EmailField(_("work email"), db_index=True)
    language = models.CharField(max_length=10, blank=True)
    note = models.TextField(_("note"), max_length=1000, blank=True)
    cost_centre = models.CharField(_("cost centre"), max_length=60, blank=True)
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="redemptions")
    session = models.ForeignKey(
        TrainingSession, on_delete=models.PROTECT, null=True, related_name="redemptions"
    )
    credits = models.PositiveIntegerField(_("credits"))
    key = models.CharField(max_length=64, unique=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    hold = models.OneToOneField(
        Hold, on_delete=models.PROTECT, null=True, editable=False, related_name="request"
    )
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, editable=False, related_name="redemption"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    submitted_at = models.DateTimeField(_("sent"), default=now, editable=False)
    decide_by = models.DateTimeField(_("decide by"), null=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    finish_by = models.DateField(_("finish by"), null=True, editable=False)
    outcome_note = models.CharField(_("reason"), max_length=500, blank=True, editable=False)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="redemption_by_account"),
            models.Index(
                fields=["decide_by"], condition=Q(status="pending"), name="redemption_waiting"
            ),
            models.Index(fields=["passkey", "-id"], name="redemption_by_passkey"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(credits__gt=0), name="redemption_credits_positive"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "confirmed",
                        "declined",
                        "lapsed",
                        "withdrawn",
                        "cancelled",
                    ]
                ),
                name="redemption_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(confirmed_at__isnull=False),
                name="redemption_confirmed_when",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed"]) | Q(ended_at__isnull=False),
                name="redemption_ended_when",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        """Return the secret page's path."""
        return reverse("redemption:registration", args=[self.link_token])

    @property
    def senders(self) -> set[str]:
        """Return the addresses of whoever sent it: the one given and the one signed in with."""
        return {self.email, self.user.email} if self.user else {self.email}

    def count_returned(self, places: "Iterable[Registration]") -> None:
        """Keep how many of the credits paid have returned; a place passed on returns none."""
        gone = [place for place in places if place.is_cancelled and not place.is_replaced]
        self.credits_returned = sum(place.credits for place in gone) if self.confirmed_at else 0

    @property
    def is_pending(self) -> bool:
        """Tell whether it waits for a decision."""
        return self.status == self.Status.PENDING

    @property
    def is_confirmed(self) -> bool:
        """Tell whether its places are booked."""
        return self.status == self.Status.CONFIRMED


class RegistrationQuerySet(SecretLinkQuerySet):
    """Reads of places."""

    def seated(self) -> "RegistrationQuerySet":
        """Return the places that take a seat."""
        return self.filter(status__in=Registration.SEATED)

    def live(self) -> "RegistrationQuerySet":
        """Return the places that wait or are booked."""
        return self.filter(status__in=Registration.LIVE)

    def owed_if_called_off(self) -> "RegistrationQuerySet":
        """Return the places of a class whose credits return if it is called off (rules.md 6.7)."""
        given_up = Q(status=Registration.Status.MISSED, ended_at__lt=F("session__starts_at"))
        return self.filter(Q(status__in=Registration.LIVE) | given_up)

    def paid(self) -> "RegistrationQuerySet":
        """Return the places whose credits stay redeemed (trust.md I15)."""
        return self.filter(status__in=Registration.PAID)


class Registration(SecretLink):
    """One participant's place.

    Account, training and session stand here too: the database then refuses an address twice, and
    one participant of several can move to another date.
    """

    link_purpose = "registration"
    # Set by pages that list the places of a registration.
    is_replaced = False

    class Status(models.TextChoices):
        """Where the place stands."""

        WAITING = "waiting", _("waiting for approval")
        REGISTERED = "registered", _("registered")
        ATTENDED = "attended", _("attended")
        MISSED = "missed", _("missed")
        CANCELLED = "cancelled", _("cancelled")

    LIVE: ClassVar = [Status.WAITING, Status.REGISTERED]
    SEATED: ClassVar = SEATED
    PAID: ClassVar = [Status.REGISTERED, Status.ATTENDED, Status.MISSED]

    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, related_name="registrations"
    )
    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="registrations"
    )
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="registrations")
    session = models.ForeignKey(
        TrainingSession, on_delete=models.PROTECT, null=True, related_name="registrations"
    )
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("email address"), db_index=True)
    credits = models.PositiveIntegerField(_("credits"))
    entry = models.ForeignKey(
        LedgerEntry,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="registrations",
        help_text="The entry that drew this place's credits last.",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    finish_by = models.DateField(_("finish by"), null=True, editable=False)
    started_at = models.DateTimeField(_("access started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    # RFC 5545 SEQUENCE: raised by every change, so that calendars take the new time.
    sequence = models.PositiveIntegerField(default=0, editable=False)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", editable=False
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["finish_by"],
                condition=Q(status="registered", finish_by__isnull=False),
                name="registration_to_finish",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gt=0), name="registration_credits_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["waiting", "registered", "attended", "missed", "cancelled"]
                ),
                name="registration_status",
            ),
            models.UniqueConstraint(
                fields=["session", "account", "email"],
                condition=Q(status__in=["waiting", "registered"], session__isnull=False),
                name="participant_once_per_session",
            ),
            models.UniqueConstraint(
                fields=["training", "account", "email"],
                condition=Q(status__in=["waiting", "registered"], session__isnull=True),
                name="participant_once_per_course",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the participant's own secret page's path."""
        return reverse("redemption:registration", args=[self.link_token])

    @property
    def is_live(self) -> bool:
        """Tell whether the place waits or is booked."""
        return self.status in self.LIVE

    @property
    def is_cancelled(self) -> bool:
        """Tell whether the place is cancelled, its credits back or never spent."""
        return self.status == self.Status.CANCELLED

    @property
    def is_seated(self) -> bool:
        """Tell whether the place takes a seat."""
        return self.status in self.SEATED

    @property
    def is_registered(self) -> bool:
        """Tell whether the place is booked and not yet over."""
        return self.status == self.Status.REGISTERED

    @property
    def moved_at(self) -> datetime | None:
        """Return when the programme moved the class, if that was after the place was booked in it.

        Whoever chose the date after the notice knew it: nothing is owed for it (rules.md 6.6).
        """
        moved_at = self.session.moved_at if self.session else None
        if moved_at is None or self.entry is None or self.entry.created_at >= moved_at:
            return None
        return moved_at

    @property
    def is_over(self) -> bool:
        """Tell whether the course's finish-by date has passed, booked as missed or not yet."""
        return self.finish_by is not None and self.finish_by < clock.today()

    @property
    def cancel_until(self) -> datetime | None:
        """Return the last moment to cancel for credits; None: until access starts (rules.md 6)."""
        if self.session is None:
            return None
        return deadlines.cancel_until(
            starts_at=self.session.starts_at,
            confirmed_at=self.redemption.confirmed_at or clock.now(),
            moved_at=self.moved_at,
        )

    @property
    def can_cancel(self) -> bool:
        """Tell whether cancelling the place now returns its credits."""
        if not self.is_registered:
            return False
        if self.cancel_until is None:
            return self.started_at is None and not self.is_over
        return clock.now() < self.cancel_until

    @staticmethod
    def closing_first(places: "Iterable[Registration]") -> "Registration | None":
        """Return the one of `places` that can be cancelled for the shortest time, if any can."""
        rows = [place for place in places if place.can_cancel]
        return min(rows, key=lambda place: place.cancel_until or clock.now(), default=None)

    @property
    def has_begun(self) -> bool:
        """Tell whether the class has begun, or access to the course has started or ended."""
        if self.session is None:
            return self.started_at is not None or self.is_over
        return self.session.has_started
