"""The ledger, to look at: its rows are append-only (trust.md I5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.readonly import ReadOnly
from accounts.ledger import CreditLot, Hold, LedgerEntry, Posting
from accounts.services import names_of_actors

ACCOUNT_SEARCH = ["account__name", "account__owner__email", "account__public_id"]


class PostingInline(ReadOnly, admin.TabularInline[Posting, LedgerEntry]):
    """What an entry moved."""

    model = Posting


@admin.register(CreditLot)
class CreditLotAdmin(ReadOnly, admin.ModelAdmin[CreditLot]):
    """Lots, the soonest to expire first."""

    list_display = [
        "account",
        "purchased_on",
        "last_day",
        "unit_price",
        "credits",
        "available",
        "held",
        "redeemed",
        "expired",
        "withdrawn",
    ]
    list_select_related = ["account"]
    list_filter = ["last_day", "purchased_on"]
    search_fields = ACCOUNT_SEARCH


class EntryAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Entries and holds: who booked what, when and why."""

    list_display = ["account", "number", "kind", "credits", "effective_at", "who", "reason"]
    list_display_links = ["number"]
    list_select_related = ["account"]
    search_fields = [*ACCOUNT_SEARCH, "key", "actor"]
    search_help_text = _("Account, owner, public ID, actor, or a key such as order:TC-2026-000001")
    ordering = ["-pk"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Find the names of all actors of the page at once."""
        page = super().get_changelist_instance(request)
        names = names_of_actors(entry.actor for entry in page.result_list)
        for entry in page.result_list:
            entry.actor_name = names[entry.actor]
        return page

    @admin.display(description=_("actor"), ordering="actor")
    def who(self, entry: Any) -> str:
        """Return who booked it: a person by address, else the job or registration."""
        return str(entry.actor_name)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(EntryAdmin):
    """The statement of every account."""

    list_filter = ["kind", "effective_at"]
    inlines = [PostingInline]


@admin.register(Hold)
class HoldAdmin(EntryAdmin):
    """What requests have reserved."""

    list_display = ["account", "number", "credits", "fits", "created_at", "is_open"]
    inlines = [PostingInline]

    @admin.display(boolean=True)
    def is_open(self, hold: Hold) -> bool:
        """Tell whether the credits are still held."""
        return hold.is_open


@admin.register(Posting)
class PostingAdmin(ReadOnly, admin.ModelAdmin[Posting]):
    """Movements of single lots."""

    list_display = ["pk", "entry", "lot", "source", "target", "credits"]
    list_select_related = ["entry", "lot"]
    ordering = ["-pk"]
