"""Why a registration, or a change of one, is refused."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.exceptions import PasskeyRefused
from credits_portal.lib import formats


class RedemptionError(Exception):
    """The base of every refusal here. `str(error)` is for the person who asked."""

    code = "refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.default_message())

    def default_message(self) -> str:
        """Return what to tell when the raiser says nothing of its own."""
        return _("This could not be done. Nothing was changed.")


class SessionClosedError(RedemptionError):
    """The date has begun, was cancelled, or takes no more registrations (rules.md 5)."""

    code = "session_closed"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("Registration for this date has closed. Choose another date.")


class SessionFull(RedemptionError):
    """Fewer seats are left than participants were named."""

    code = "session_full"

    def __init__(self, seats_left: int) -> None:
        self.seats_left = seats_left
        super().__init__()

    def default_message(self) -> str:
        """Return the refusal's text."""
        if self.seats_left <= 0:
            return _("Every seat on this date is taken. Choose another date.")
        text = ngettext(
            "Only %(n)s seat is left on this date.",
            "Only %(n)s seats are left on this date.",
            self.seats_left,
        )
        return text % {"n": formats.number(self.seats_left)}


class ParticipantTaken(RedemptionError):
    """A participant is registered or waiting already (rules.md 4)."""

    code = "participant_taken"

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__()

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("%(email)s is already registered or waiting for this training.") % {
            "email": self.email
        }


class ParticipantNamedTwice(ParticipantTaken):
    """Two rows of the form name the same address."""

    code = "participant_twice"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("%(email)s is named twice. Each participant needs an address of their own.") % {
            "email": self.email
        }


class TooFewCredits(RedemptionError):
    """The account's credits do not pay this training; its balance is never told (rules.md 4)."""

    code = "too_few_credits"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _(
            "There are not enough credits for this training. Only credits that last until the end "
            "of a class can pay for it. Nothing was spent."
        )


class PasskeyNoLongerAccepted(RedemptionError):
    """The passkey was replaced or its account frozen since it was checked: one refusal."""

    code = "passkey"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return str(PasskeyRefused(PasskeyRefused.REPLACED))


class SpendingStopped(RedemptionError):
    """The account is frozen, and no passkey was typed whose refusal could say so."""

    code = "spending_stopped"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _(
            "The credits of this account cannot be spent at the moment, so nothing was changed. "
            "Ask its owner."
        )


class FinishByNotAccepted(RedemptionError):
    """The credits end before the days needed; the registrant must agree to the date first."""

    code = "finish_by"

    def __init__(self, finish_by: date) -> None:
        self.finish_by = finish_by
        super().__init__()

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("Confirm that everybody will finish by %(date)s, %(left)s.") % {
            "date": formats.day(self.finish_by),
            "left": formats.days_left(self.finish_by),
        }


class TooManyRequests(RedemptionError):
    """More requests are waiting than one address or account may have open (trust.md 3)."""

    code = "too_many_requests"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("Too many requests are waiting for approval. Try again once some are decided.")


class KeyReusedError(RedemptionError):
    """The form's key has already made another registration."""

    code = "key_reused"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("This form was already sent with other details. Open a new form to register.")


class NotPending(RedemptionError):
    """The request was decided, withdrawn or lapsed already."""

    code = "not_pending"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("This request is no longer waiting. Nothing was changed.")


class TooLate(RedemptionError):
    """The last moment for this change has passed (rules.md 6)."""

    code = "too_late"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("The last moment for this change has passed. Nothing was changed.")


class NothingToChange(RedemptionError):
    """The place is cancelled, finished or not of this registration."""

    code = "nothing_to_change"

    def default_message(self) -> str:
        """Return the refusal's text."""
        return _("This place can no longer be changed.")
