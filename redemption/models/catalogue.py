"""The training catalogue: what credits buy, and its dates."""

from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credits_portal.lib import clock, formats

# The states of a registration that take a seat.
SEATED = ("waiting", "registered", "attended")
SEATS_TAKEN = Count("registrations", filter=Q(registrations__status__in=SEATED))


def validate_zone(name: str) -> None:
    """Refuse what is not the name of a time zone."""
    if name not in available_timezones():
        raise ValidationError(_("Name a time zone such as Europe/Berlin."), code="zone")


class TrainingQuerySet(models.QuerySet["Training"]):
    """Reads of the catalogue."""

    def offered(self) -> "TrainingQuerySet":
        """Return what the catalogue shows."""
        return self.filter(is_active=True)


class Training(models.Model):
    """Something that credits buy: a class with dates, or an on-demand course."""

    class Kind(models.TextChoices):
        """How it is taught."""

        LIVE = "live", _("live class")
        ON_DEMAND = "on_demand", _("on demand")

    slug = models.SlugField(_("address"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=150)
    summary = models.CharField(_("summary"), max_length=300)
    contents = models.TextField(_("contents"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    length = models.CharField(
        _("length"), max_length=60, blank=True, help_text=_("Such as: 2 days, 9:00 to 17:00")
    )
    days_needed = models.PositiveIntegerField(
        _("days needed"),
        default=30,
        validators=[MinValueValidator(1)],
        help_text=_("On demand only: the days that a participant usually takes."),
    )
    credits = models.PositiveIntegerField(
        _("credits per participant"), validators=[MinValueValidator(1)]
    )
    language = models.CharField(_("teaching language"), max_length=40, default="English")
    is_online = models.BooleanField(_("online"), default=True)
    place = models.CharField(_("place"), max_length=150, blank=True)
    access_link = models.URLField(
        _("access link"), blank=True, help_text=_("On demand only: shown once access has started.")
    )
    is_active = models.BooleanField(_("in the catalogue"), default=True)

    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = _("training")
        ordering = ["title", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["live", "on_demand"]), name="training_kind"
            ),
            models.CheckConstraint(
                condition=Q(credits__gt=0, days_needed__gt=0), name="training_figures_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the training page's address."""
        return reverse("redemption:training", args=[self.slug])

    @property
    def is_live(self) -> bool:
        """Tell whether it has dates."""
        return self.kind == self.Kind.LIVE


class TrainingSessionQuerySet(models.QuerySet["TrainingSession"]):
    """Reads of dates."""

    def upcoming(self) -> "TrainingSessionQuerySet":
        """Return the scheduled dates that have not begun, soonest first."""
        return self.filter(
            status=TrainingSession.Status.SCHEDULED, starts_at__gt=clock.now()
        ).order_by("starts_at", "id")

    def to_mark(self) -> "TrainingSessionQuerySet":
        """Return the dates that are over with a place that is neither attended nor missed."""
        unmarked = Q(registrations__status="registered")
        return self.filter(unmarked, ends_at__lt=clock.now()).distinct()

    def with_seats_left(self) -> "TrainingSessionQuerySet":
        """Annotate `seats_left`."""
        return self.annotate(seats_left=F("seats") - SEATS_TAKEN)

    def with_room(self, wanted: int = 1) -> "TrainingSessionQuerySet":
        """Return the dates with at least `wanted` seats left, annotated with `seats_left`."""
        return self.annotate(seats_left=F("seats") - SEATS_TAKEN).filter(seats_left__gte=wanted)


class TrainingSession(models.Model):
    """One date of a live training, in its own time zone."""

    class Status(models.TextChoices):
        """Whether it takes place."""

        SCHEDULED = "scheduled", _("scheduled")
        CANCELLED = "cancelled", _("cancelled")

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[validate_zone])
    seats = models.PositiveIntegerField(_("seats"), validators=[MinValueValidator(1)])
    place = models.CharField(_("place"), max_length=200, blank=True)
    link = models.URLField(_("joining link"), blank=True)
    joining_details = models.TextField(_("joining details"), blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.SCHEDULED
    )
    moved_at = models.DateTimeField(_("moved"), null=True, blank=True, editable=False)
    moved_from = models.DateTimeField(_("began before the move"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    notice = models.CharField(_("notice"), max_length=500, blank=True, editable=False)

    objects = TrainingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["training", "starts_at"], name="session_by_training")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(seats__gt=0), name="session_seats_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "cancelled"]), name="session_status"
            ),
        ]

    def __str__(self) -> str:
        return formats.moment(self.starts_at, self.zone)

    @property
    def zone(self) -> ZoneInfo:
        """Return the class's own time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def end_date(self) -> date:
        """Return the day on which it ends, as printed in its own zone (rules.md 3)."""
        return self.ends_at.astimezone(self.zone).date()

    @property
    def is_cancelled(self) -> bool:
        """Tell whether the programme called it off."""
        return self.status == self.Status.CANCELLED

    @property
    def has_started(self) -> bool:
        """Tell whether the class has begun."""
        return self.starts_at <= clock.now()
