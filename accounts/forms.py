"""What people fill in about their credit accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from credits_portal.lib.fields import CleanCharField, CreditsField, EmailField
from credits_portal.lib.formats import day, number

from .models import CreditAccount, Delegate, Freeze, User

NAME_LENGTH = 120


def languages() -> list[tuple[str, str]]:
    """Return the languages that mails can have."""
    return list(settings.LANGUAGES)


class InviteForm(forms.Form):
    """Who is invited as a delegate."""

    name = CleanCharField(label=_("Name"), max_length=150, required=False)
    email = EmailField(label=_("Email address"))


class ProfileForm(forms.Form):
    """A person's own name and language."""

    name = CleanCharField(
        label=_("Your name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Your team reads it in mails and lists. Empty: your email address is shown."),
    )
    language = forms.ChoiceField(label=_("Language of your mails"), choices=languages)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        initial = {"name": user.name, "language": user.language or settings.LANGUAGE_CODE}
        super().__init__(*args, **{**kwargs, "initial": initial})
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]


class SettingsForm(forms.Form):
    """An account's settings, each with what it does, and the owner's language."""

    name = CleanCharField(label=_("Name of the account"), max_length=NAME_LENGTH)
    requires_approval = forms.BooleanField(label=_("Requests must be approved"), required=False)
    sign_in_above = CreditsField(
        label=_("Ask for signing in above"),
        required=False,
        help_text=_(
            "Credits. A decision on a larger request asks the approver to sign in first. "
            "Empty: the mailed link is enough."
        ),
    )
    low_balance_at = CreditsField(
        label=_("Low-balance alert"),
        required=False,
        help_text=_(
            "Credits. You and the delegates get a mail when spending takes the balance below. "
            "Empty: no alert."
        ),
    )
    asks_cost_centre = forms.BooleanField(
        label=_("Ask for a cost centre"),
        required=False,
        help_text=_("Whoever registers is asked for it. Reports can be sorted by it."),
    )
    early_reminders = forms.BooleanField(
        label=_("Remind me 90, 60 and 14 days before credits expire"),
        required=False,
        help_text=_("The reminders 30, 7 and 1 days before are always sent to you."),
    )
    delegate_reminders = forms.BooleanField(
        label=_("Remind delegates as well"),
        required=False,
        help_text=_("Every delegate can stop their own reminders with one click."),
    )
    monthly_statement = forms.BooleanField(
        label=_("Mail me the statement of each month"),
        required=False,
        help_text=_("On the first day of the next one, with the bookings as a CSV file."),
    )
    language = forms.ChoiceField(
        label=_("Language of your mails"), choices=languages, required=False
    )
    # The settings as the page showed them: what another window has changed since stays.
    shown = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)

    NOT_THE_ACCOUNTS = ("language", "shown")
    SALT = "accounts.settings"

    def __init__(self, *args: Any, account: CreditAccount, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if name not in self.NOT_THE_ACCOUNTS]
        values = {name: getattr(account, name) for name in names}
        values["shown"] = signing.dumps(values, salt=self.SALT)
        values["language"] = account.owner.language or settings.LANGUAGE_CODE
        super().__init__(*args, **{**kwargs, "initial": values})
        self.fields["requires_approval"].help_text = approval_help(account)
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]

    @property
    def account_settings(self) -> dict[str, Any]:
        """Return those settings of the account that differ from what the page showed."""
        try:
            shown = signing.loads(self.cleaned_data["shown"], salt=self.SALT)
        except signing.BadSignature:
            shown = {}
        said = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in self.NOT_THE_ACCOUNTS
        }
        return {name: value for name, value in said.items() if shown.get(name, ...) != value}


def approval_help(account: CreditAccount) -> str:
    """Return what the switch does; turning it off decides nothing (rules.md 5)."""
    text = _(
        "On: credits are held when a team member asks, and you or a delegate decide from a mail. "
        "Off: registrations are confirmed at once, and you are told."
    )
    waiting = account.pending_requests
    if not waiting:
        return str(text)
    return f"{text} {still_waiting(waiting)}"


def still_waiting(requests: int) -> str:
    """Return how many requests wait, and that the switch decides none of them."""
    return ngettext(
        "%(n)s request waits for a decision and keeps waiting when you turn this off.",
        "%(n)s requests wait for a decision and keep waiting when you turn this off.",
        requests,
    ) % {"n": number(requests)}


class DelegateField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One delegate, named so that two of the same name differ."""

    def label_from_instance(self, obj: Delegate) -> str:
        """Return name and address."""
        return obj.name_and_address


class OfferForm(forms.Form):
    """To which delegate the account is offered."""

    delegate = DelegateField(
        label=_("New owner"),
        queryset=Delegate.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the delegate who takes the account over.")},
    )

    def __init__(self, *args: Any, account: CreditAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["delegate"]
        assert isinstance(field, DelegateField)  # noqa: S101 (narrows the type)
        field.queryset = account.delegates.active()


class ReasonForm(forms.Form):
    """Why staff freeze or release an account; its people read it."""

    reason = CleanCharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Mailed to the owner and the delegates."),
    )


class FreezeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the reasons for which an account is frozen."""

    def label_from_instance(self, obj: Freeze) -> str:
        """Return since when it holds, and why."""
        return f"{day(obj.created_at)}: {obj.reason}"


class ReleaseForm(ReasonForm):
    """Which of the freezes ends, and why; the account pays again when none is left."""

    freeze = FreezeField(
        label=_("Frozen since"),
        queryset=Freeze.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        required=False,
        help_text=_("A dispute that is won ends its own freeze by itself."),
    )

    def __init__(self, *args: Any, account: CreditAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["freeze"]
        assert isinstance(field, FreezeField)  # noqa: S101 (narrows the type)
        field.queryset = self.open = account.freezes.open()
        field.initial = self.open.first()

    def clean_freeze(self) -> Freeze | None:
        """Return the freeze; with only one (or none) nothing needs to be chosen."""
        chosen: Freeze | None = self.cleaned_data["freeze"]
        if chosen is None and self.open.count() > 1:
            raise forms.ValidationError(_("Choose what ends."), code="required")
        return chosen or self.open.first()


class OwnerForm(forms.Form):
    """The user who owns the account from now on."""

    owner = EmailField(
        label=_("New owner"), help_text=_("The email address of somebody who has signed up.")
    )
    reason = CleanCharField(label=_("Reason"), max_length=500, help_text=_("Kept in the history."))

    def clean_owner(self) -> User:
        """Return the user, or say that nobody signs in by that address."""
        user = User.objects.filter(email=self.cleaned_data["owner"], is_active=True).first()
        if user is None:
            raise forms.ValidationError(
                _("Nobody has signed up with this address yet."), code="unknown_user"
            )
        return user
