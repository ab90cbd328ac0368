"""The ledger, to look at: its rows are append-only (trust.md I5)."""

from typing import Any

from django.contrib import admin

from accounts.admin.readonly import ReadOnly
from accounts.ledger import CreditLot, Hold, LedgerEntry, Posting

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

    list_display = ["account", "number", "kind", "credits", "effective_at", "actor", "reason"]
    list_display_links = ["number"]
    list_select_related = ["account"]
    search_fields = [*ACCOUNT_SEARCH, "key", "actor"]
    ordering = ["-pk"]


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
