"""allauth's forms in the portal's words: no placeholders, one field where one is enough."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from credits_portal.lib.fields import EmailField

ADDRESSES = ("email", "login")
PASSWORD_HELP = _("At least 10 characters, not only digits, and no common password.")


class Plain(forms.Form):
    """Takes away the placeholders, which repeat the labels and vanish when typing.

    Addresses are read as everywhere: refused are those that no row can hold.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        for name in ADDRESSES:
            if name in self.fields:
                self.fields[name] = EmailField(label=_("Email address"))


class Code(Plain):
    """A form with a six-digit code: a number pad on telephones, filled in from mail or app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Six-digit code")
        self.fields["code"].widget.attrs |= {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "autofocus": True,
        }


class NewPassword(Plain):
    """A form that sets a password, typed once: a code by mail opens the door all the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HELP


class LoginForm(Plain, account_forms.LoginForm):
    """Signs in: with the password, or without one by a code that is mailed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        password = self.fields["password"]
        password.required = False
        password.widget.is_required = False
        password.help_text = _("Leave it empty and we mail you a six-digit code.")


class SignupForm(Plain, account_forms.SignupForm):
    """Signs up with an address alone; a password can be added later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password1"]
        self.fields["email"].help_text = _("We mail you a six-digit code. No password needed.")
        self.fields["email"].widget.attrs["autofocus"] = True


class AddEmailForm(Plain, account_forms.AddEmailForm):
    """Asks for the new address."""

    # allauth's page has several buttons and looks for this one's name.
    action_add = forms.CharField(widget=forms.HiddenInput, initial="1", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New email address")
        self.fields["email"].help_text = _("We mail a code to it; it counts once you enter that.")


class ChangePasswordForm(NewPassword, account_forms.ChangePasswordForm):
    """Asks for the old password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")


class SetPasswordForm(NewPassword, account_forms.SetPasswordForm):
    """Asks for a first password."""


class ResetPasswordForm(Plain, account_forms.ResetPasswordForm):
    """Asks for the address whose password is lost."""


class ResetPasswordKeyForm(NewPassword, account_forms.ResetPasswordKeyForm):
    """Asks for the new password once the code was right."""


class ReauthenticateForm(Plain, account_forms.ReauthenticateForm):
    """Asks for the password again before something delicate."""


class ConfirmLoginCodeForm(Code, account_forms.ConfirmLoginCodeForm):
    """Asks for the code that signs in."""


class ConfirmEmailVerificationCodeForm(Code, account_forms.ConfirmEmailVerificationCodeForm):
    """Asks for the code that proves the address."""


class ConfirmPasswordResetCodeForm(Code, account_forms.ConfirmPasswordResetCodeForm):
    """Asks for the code that allows a new password."""


class AuthenticateForm(Plain, mfa_forms.AuthenticateForm):
    """Asks for the second factor; a recovery code is longer than six digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}


class MFAReauthenticateForm(Plain, mfa_forms.ReauthenticateForm):
    """Asks for the second factor again before something delicate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")


class ActivateTOTPForm(Code, totp_forms.ActivateTOTPForm):
    """Asks for the first code that the new app shows."""
