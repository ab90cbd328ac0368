"""Prices and tax rows."""

from django import forms
from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from credits_portal.lib import clock
from purchasing.models import PriceList, PriceTier, TaxRule


class TierFormSet(BaseInlineFormSet[PriceTier, PriceList, forms.ModelForm[PriceTier]]):
    """The tiers of a list, which together must price every amount."""

    def clean(self) -> None:
        """Refuse a list that leaves small amounts without a price."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if not form.cleaned_data.get("DELETE")]
        if all(tier.get("minimum") != 1 for tier in kept):
            raise forms.ValidationError(_("One tier must start at 1 credit."), code="no_first_tier")


class TierInline(admin.TabularInline[PriceTier, PriceList]):
    """The tiers on the page of their list."""

    model = PriceTier
    formset = TierFormSet
    extra = 1


@admin.register(PriceList)
class PriceListAdmin(admin.ModelAdmin[PriceList]):
    """Prices from a moment on; orders already placed keep theirs."""

    list_display = ["name", "starts_at"]
    inlines = [TierInline]

    def has_delete_permission(self, request: HttpRequest, obj: PriceList | None = None) -> bool:
        """Keep what orders were priced by, and the prices of today."""
        begun = obj is not None and obj.starts_at <= clock.now()
        return not begun and super().has_delete_permission(request, obj)


@admin.register(TaxRule)
class TaxRuleAdmin(admin.ModelAdmin[TaxRule]):
    """The tax line by country."""

    list_display = ["country", "rate", "note"]
    search_fields = ["country", "note"]
