"""Reports reads others' rows; its own view of an account has a name for the admin alone."""

from django.utils.translation import gettext_lazy as _

from accounts.models import CreditAccount


class AccountOverview(CreditAccount):
    """A credit account with everything about it, as staff look at it."""

    class Meta:
        proxy = True
        verbose_name = _("account at a glance")
        verbose_name_plural = _("accounts at a glance")
