"""From the landing page to the placed order: amount, method, check."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from purchasing import drafts
from purchasing.drafts import Draft
from purchasing.exceptions import NoPrice, PurchasingError
from purchasing.forms import NEW_ACCOUNT, AmountForm, BuyForm, CheckForm, MethodForm
from purchasing.models import Order, PriceList
from purchasing.pricing import Quote, price, price_table, quote
from purchasing.services import place_order
from purchasing.terms import last_usable_day

EXAMPLES = (3_500, 18_000, 20_000, 30_000)
COMPARED = 18_000

page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show what credits cost and why they pay; price any amount without signing in."""
    form = AmountForm(request.GET if "credits" in request.GET else None)
    tiers = PriceList.objects.tiers_at()
    table = price_table(tiers)
    context: dict[str, Any] = {"form": form, "table": table, "best": table[-1] if table else None}
    try:
        context["examples"] = [price(example, tiers) for example in EXAMPLES]
        context["compared"] = price(COMPARED, tiers)
        if form.is_valid():
            context["priced"] = price(form.cleaned_data["credits"], tiers)
    except NoPrice as refusal:
        context["refusal"] = refusal
    return render(request, "purchasing/landing.html", context)


@page
def buy(request: HttpRequest) -> HttpResponse:
    """Ask how many credits, and for which account; advise the amount that costs less."""
    draft = drafts.load(request.session)
    if request.method != "POST":
        return _open_buy(request, draft)
    form = BuyForm(request.POST, user=request.user)
    if not form.is_valid():
        return _render_buy(request, form, None)
    quoted = _quoted(form.cleaned_data["credits"])
    taken = _amount_taken(request.POST.get("take", ""), quoted)
    if quoted is None or taken is None:
        return _render_buy(request, form, quoted)
    draft = Draft(
        credits=taken,
        account=form.cleaned_data["account"],
        account_name=form.cleaned_data["account_name"],
        method=draft.method if draft else "",
        billing=draft.billing if draft else {},
    )
    draft.save(request.session)
    return redirect("purchasing:check" if draft.has_method else "purchasing:method")


@page
def method(request: HttpRequest) -> HttpResponse:
    """Ask how to pay, and for the party that pays."""
    draft = drafts.load(request.session)
    if draft is None:
        return _without_draft(request)
    initial = draft.billing_of(request.user)
    if draft.method:
        initial["method"] = draft.method
    form = MethodForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        draft.method = form.method_chosen()
        draft.billing = form.billing()
        draft.save(request.session)
        return redirect("purchasing:check")
    context = {"form": form, "draft": draft, "quote": _quoted(draft.credits)}
    return render(request, "purchasing/method.html", context)


@page
def check(request: HttpRequest) -> HttpResponse:
    """Show the whole order once more, with a way back to each part; place it."""
    draft = drafts.load(request.session)
    if request.method == "POST":
        return _send_check(request, draft)
    if draft is None:
        return _without_draft(request)
    return _render_check(request, draft) if draft.has_method else redirect("purchasing:method")


def _without_draft(request: HttpRequest) -> HttpResponse:
    """Lead whoever comes back after ordering to the order, and anybody else to the first step."""
    if placed := drafts.placed_order(request.session, request.user):
        return redirect(placed)
    messages.info(
        request, _("No order is on its way in this browser. Begin with how many credits you need.")
    )
    return redirect("purchasing:buy")


def _open_buy(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    """Show the first step, filled from the address or from what was said before."""
    asked = request.GET.get("credits", str(draft.credits) if draft else "")
    amount = AmountForm({"credits": asked})
    initial = {"credits": asked}
    if draft:
        initial |= {"account": draft.account or NEW_ACCOUNT, "account_name": draft.account_name}
    if "account" in request.GET:
        initial["account"] = request.GET["account"]
    form = BuyForm(user=request.user, initial=initial)
    if amount.is_valid():
        form.initial["credits"] = amount.cleaned_data["credits"]
        return _render_buy(request, form, _quoted(amount.cleaned_data["credits"]))
    if asked:
        form.errors["credits"] = amount.errors["credits"]
    return _render_buy(request, form, None)


def _render_buy(request: HttpRequest, form: BuyForm, quoted: Quote | None) -> HttpResponse:
    context = {
        "form": form,
        "quote": quoted,
        "last_day": last_usable_day(clock.today()),
        "delegated": _delegated_to(request),
    }
    return render(request, "purchasing/buy.html", context)


def _amount_taken(pressed: str, quoted: Quote | None) -> int | None:
    """Return the amount to go on with: of two that were shown, the one whose button was pressed.

    None if the advice for this amount has not been shown yet.
    """
    if quoted is None or quoted.advice is None:
        return quoted.credits if quoted else None
    shown = {str(amount): amount for amount in (quoted.credits, quoted.advice.credits)}
    return shown.get(pressed)


def _send_check(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    """Place what the check page showed; the same form again leads to the same order."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.path)
    form = CheckForm(request.POST)
    key = str(form.cleaned_data["key"]) if form.is_valid() else ""
    if draft is None or draft.key != key:
        placed = Order.objects.owned_by(request.user).filter(buyer=request.user, key=key).first()
        if placed:
            return redirect(placed)
    if draft is None or not draft.has_method:
        return redirect("purchasing:buy")
    seen = form.cleaned_data["seen"] if form.is_valid() and key == draft.key else ""
    return _place(request, request.user, draft, seen)


def _place(request: HttpRequest, buyer: User, draft: Draft, seen: str) -> HttpResponse:
    try:
        if seen != drafts.seen_as(draft, drafts.bill_of(draft)):
            changed = _("The order has changed since this page was opened. Check it again.")
            return _render_check(request, draft, notice=changed)
        purchase = draft.purchase(draft.account_of(buyer))
        order = place_order(buyer=buyer, purchase=purchase, key=draft.key)
    except PurchasingError as refusal:
        return _render_check(request, draft, notice=str(refusal))
    drafts.finish(request.session, order)
    if order.method == Order.Method.CARD:
        return redirect("purchasing:card", order.number)
    messages.success(
        request,
        _("Your quote %(number)s is ready, and on its way to %(email)s.")
        % {"number": order.number, "email": buyer.email},
    )
    return redirect(order)


def _render_check(request: HttpRequest, draft: Draft, notice: str = "") -> HttpResponse:
    account = draft.account_of(request.user)
    if draft.account and account is None and request.user.is_authenticated:
        messages.info(request, _("The account you chose is no longer yours. Choose another one."))
        return redirect("purchasing:buy")
    try:
        bill = drafts.bill_of(draft)
    except NoPrice as refusal:
        messages.error(request, str(refusal))
        return redirect("purchasing:buy")
    context = {
        "draft": draft,
        "account": account,
        "bill": bill,
        "form": CheckForm(initial={"key": draft.key, "seen": drafts.seen_as(draft, bill)}),
        "method": Order.Method(draft.method),
        "country": bill.tax_rule.get_country_display(),
        "last_day": last_usable_day(clock.today()),
        "notice": notice,
        "delegated": _delegated_to(request),
        "owns_accounts": not account and _owns_accounts(request),
    }
    return render(request, "purchasing/check.html", context)


def _quoted(credits: int) -> Quote | None:
    """Return the price of `credits` now; None where nothing is for sale."""
    try:
        return quote(credits)
    except NoPrice:
        return None


def _delegated_to(request: HttpRequest) -> list[CreditAccount]:
    """Return the accounts that the visitor sees but cannot buy for (rules.md 9)."""
    if not isinstance(request.user, User):
        return []
    return list(CreditAccount.objects.delegated_to(request.user).select_related("owner"))


def _owns_accounts(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and CreditAccount.objects.owned_by(user).exists()
