"""Reports reads others' rows; its own view of an account has a name for the admin alone."""

from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import CreditLot
from accounts.models import CreditAccount

from .job_models import ExportJob, ExportPart

__all__ = ["AccountOverview", "Books", "ExportJob", "ExportPart"]


class AccountOverview(CreditAccount):
    """A credit account with everything about it, as staff look at it."""

    class Meta:
        proxy = True
        verbose_name = _("account at a glance")
        verbose_name_plural = _("accounts at a glance")


class Books(CreditLot):
    """The vendor's books: no rows of their own, but a right, and a place in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("books")
        verbose_name_plural = _("books")
