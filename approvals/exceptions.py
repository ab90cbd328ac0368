"""What can stand in the way of a decision. Each error has a message for its reader and a code."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ApprovalError(Exception):
    """A decision that was not taken; nothing has changed."""

    code = "approval"
    message: str | Promise = _("This request could not be decided. Nothing has changed.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(self.message))

    def __str__(self) -> str:
        return str(self.message)


class AlreadyEnded(ApprovalError):
    """Somebody else was first, or the request lapsed or was withdrawn (rules.md 5)."""

    code = "ended"
    message = _("This request was already decided. Nothing has changed.")


class TermsChanged(ApprovalError):
    """The request is no longer the one that the page has shown (trust.md 3)."""

    code = "terms_changed"
    message = _(
        "The request has changed since this page was opened, so nothing was decided. "
        "Read it as it is now, then decide."
    )


class NotAnApprover(ApprovalError):
    """The person is no longer the account's owner or an active delegate (rules.md 5)."""

    code = "not_an_approver"
    message = _("You no longer decide requests of this account. Nothing has changed.")


class OwnRequest(ApprovalError):
    """Nobody approves their own request (rules.md 5)."""

    code = "own_request"
    message = _("You sent this request yourself, so somebody else decides it.")


class SignInNeeded(ApprovalError):
    """The owner asks for signing in above this amount, or the owner decides an own request."""

    code = "sign_in"
    message = _("Sign in first: this decision is taken signed in.")


class ReasonMissing(ApprovalError):
    """A declined request tells the registrant why (rules.md 5)."""

    code = "reason"
    message = _("Write a reason: the registrant is told it.")


class CannotBeApproved(ApprovalError):
    """The class has started, a lot ran out or the account is frozen: checked under the lock."""

    code = "cannot_be_approved"
