"""The account area: accounts, passkey, delegates, settings, ownership; and the mailed links."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from credits_portal.lib.links import absolute
from credits_portal.lib.pages import page_of

from . import passkeys, services
from .access import owned_account, posts_from, signed_in, visible_account
from .exceptions import AccountsError, DelegateRefused
from .forms import InviteForm, OfferForm, ProfileForm, SettingsForm
from .models import CreditAccount, Delegate

show_and_change = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@login_required
@show_and_change
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name and language."""
    user = signed_in(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        services.change_profile(user=user, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@never_cache
@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts that the person owns or is delegate of, and what is offered to them."""
    user = signed_in(request)
    visible = CreditAccount.objects.visible_to(user).with_available().select_related("owner")
    context = {
        "page": page_of(request, visible),
        "offered": Delegate.objects.offered_to(user).select_related("account__owner"),
    }
    return render(request, "accounts/list.html", context)


@never_cache
@login_required
@show_and_change
def passkey(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the training passkey masked; a POST shows it in full, on an answer nobody stores."""
    account = owned_account(request, public_id)
    current = account.passkeys.filter(replaced_at=None).first()
    shown = passkeys.reveal(current) if current and request.method == "POST" else ""
    former = account.passkeys.exclude(replaced_at=None).order_by("-replaced_at")[:5]
    context = {
        "account": account,
        "passkey": current,
        "shown": shown,
        "former": former,
        "training_url": absolute("/training/"),
    }
    return render(request, "accounts/passkey.html", context)


@never_cache
@login_required
@show_and_change
def replace_passkey(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask once whether to replace the passkey, saying what survives; a POST replaces it."""
    account = owned_account(request, public_id)
    current = get_object_or_404(account.passkeys, replaced_at=None)
    if request.method == "POST":
        # A second click means the passkey that the first one replaced: nothing more happens.
        if request.POST.get("passkey") == str(current.pk):
            passkeys.replace(account=account, actor=signed_in(request), seen=current.pk)
        messages.success(request, _("The passkey was replaced. Give the new one to your team."))
        return redirect("accounts:passkey", account.public_id)
    return render(
        request, "accounts/passkey_replace.html", {"account": account, "passkey": current}
    )


@never_cache
@login_required
@show_and_change
def delegates(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the delegates; a POST invites one."""
    account = owned_account(request, public_id)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_delegate(account=account, actor=signed_in(request), **form.cleaned_data)
        except DelegateRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("accounts:delegates", account.public_id)
    rows = services.delegates_with_mail_state(account)
    context = {"account": account, "form": form, "rows": rows}
    return render(request, "accounts/delegates.html", context)


@posts_from("accounts:delegates")
def resend_invitation(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Mail an invitation again."""
    account = owned_account(request, public_id)
    delegate = get_object_or_404(account.delegates.current(), pk=pk)
    try:
        services.resend_invitation(delegate=delegate, actor=signed_in(request))
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation is on its way again."))
    return redirect("accounts:delegates", account.public_id)


@posts_from("accounts:delegates")
def remove_delegate(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Remove a delegate or take an invitation back."""
    account = owned_account(request, public_id)
    delegate = get_object_or_404(account.delegates, pk=pk)
    services.remove_delegate(delegate=delegate, actor=signed_in(request))
    messages.success(
        request, _("%(name)s is removed and decides nothing any more.") % {"name": delegate}
    )
    return redirect("accounts:delegates", account.public_id)


@never_cache
@login_required
@show_and_change
def settings(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show and change the account's settings."""
    account = owned_account(request, public_id)
    form = SettingsForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        user = signed_in(request)
        services.change_settings(account=account, actor=user, **form.account_settings)
        services.choose_language(user=user, language=form.cleaned_data.get("language", ""))
        messages.success(request, _("The settings are saved."))
        return redirect("accounts:settings", account.public_id)
    context = {
        "account": account,
        "form": form,
        "is_alone": not account.delegates.active().exists(),
    }
    return render(request, "accounts/settings.html", context)


@never_cache
@login_required
@show_and_change
def ownership(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let the owner offer the account to a delegate, or the delegate answer the offer."""
    account = visible_account(request, public_id)
    if not account.is_owned_by(request.user):
        return _answer_offer(request, account)
    form = OfferForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            services.offer_ownership(
                delegate=form.cleaned_data["delegate"], actor=signed_in(request)
            )
        except AccountsError as refusal:
            form.add_error("delegate", str(refusal))
        else:
            messages.success(request, _("The offer is on its way. Until then nothing changes."))
            return redirect("accounts:ownership", account.public_id)
    context = {
        "account": account,
        "form": form,
        "delegates": account.delegates.active(),
        "offered": account.delegates.exclude(ownership_offered_at=None).first(),
    }
    return render(request, "accounts/ownership.html", context)


def _answer_offer(request: HttpRequest, account: CreditAccount) -> HttpResponse:
    user = signed_in(request)
    offered = Delegate.objects.offered_to(user).filter(account=account).exists()
    if request.method == "POST":
        try:
            services.take_ownership(account=account, actor=user)
        except AccountsError as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:list")
        messages.success(
            request,
            _("You own the account now. The former owner knows its passkey: you can replace it."),
        )
        return redirect("accounts:passkey", account.public_id)
    context = {"account": account, "offered": offered}
    return render(request, "accounts/ownership_offer.html", context)


@posts_from("accounts:ownership")
def end_offer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take back an offer of ownership, or decline it."""
    account = visible_account(request, public_id)
    try:
        services.withdraw_offer(account=account, actor=signed_in(request))
    except AccountsError as refusal:
        raise Http404("offer") from refusal
    messages.success(request, _("The offer has ended. Nothing has changed."))
    if account.is_owned_by(request.user):
        return redirect("accounts:ownership", account.public_id)
    return redirect("accounts:list")


@never_cache
@show_and_change
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation to whoever has its link; a POST accepts it, without a password."""
    delegate = Delegate.objects.for_token(token)
    if delegate is None:
        raise Http404("invitation")
    if request.method == "POST":
        try:
            services.accept_delegation(delegate=delegate)
        except AccountsError:
            return redirect("accounts:invitation", token)
        messages.success(request, _("You have accepted."))
        return redirect("accounts:invitation", token)
    return render(request, "accounts/invitation.html", {"delegate": delegate})


@never_cache
@csrf_exempt
@show_and_change
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether reminders shall stop; a POST, also a mail program's one-click, stops them."""
    subscription = services.subscription_of(token)
    if subscription is None:
        raise Http404("subscription")
    if request.method == "POST":
        services.unsubscribe(subscription=subscription)
    context = {"subscription": subscription, "done": request.method == "POST"}
    return render(request, "accounts/unsubscribe.html", context)
