"""The decision page, by secret link or signed in, and the inbox of approvers (rules.md 5)."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from credits_portal.lib.pages import page_of

from . import services
from .exceptions import AlreadyEnded, ApprovalError, NotAnApprover, TermsChanged
from .facts import facts_of, facts_of_all
from .forms import DecisionForm
from .models import ApprovalLink, ApprovalRequest
from .services import Decider

WAITING_PER_PAGE = 10
DECIDED_SHOWN = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, token: str) -> HttpResponse:
    """Show the request that a mailed link stands for; POST decides it."""
    link = ApprovalLink.objects.for_token(token)
    if link is None:
        raise Http404("link")
    approval = ApprovalRequest.objects.with_facts().get(pk=link.request_id)
    by = services.decider(user=_user(request), link=link)
    return _decision(request, approval, by)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def signed_in_decision(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one request to an owner or delegate who is signed in; POST decides it."""
    assert isinstance(request.user, User)  # noqa: S101 (narrows the type: signed in)
    visible = ApprovalRequest.objects.visible_to(request.user).with_facts()
    approval = get_object_or_404(visible, redemption__reference=reference)
    return _decision(request, approval, services.decider(user=request.user))


@never_cache
@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision, the most urgent first, and what was decided."""
    assert isinstance(request.user, User)  # noqa: S101 (narrows the type: signed in)
    visible = ApprovalRequest.objects.visible_to(request.user).with_facts()
    waiting = visible.open().order_by("redemption__decide_by", "id")
    page = page_of(request, waiting, per_page=WAITING_PER_PAGE)
    context = {
        "page": page,
        "waiting": [
            (facts, facts.request.is_from(request.user.email))
            for facts in facts_of_all(page.object_list)
        ],
        "decided": visible.ended()[:DECIDED_SHOWN],
        "form": DecisionForm(auto_id=False),
    }
    return render(request, "approvals/inbox.html", context)


def _decision(request: HttpRequest, approval: ApprovalRequest, by: Decider) -> HttpResponse:
    """Decide on a good POST; else show the request, or what stands in the way."""
    form = DecisionForm(request.POST if request.method == "POST" else None)
    obstacle: ApprovalError | None = None
    try:
        if form.is_valid():
            _decide(approval, by, form)
            return redirect(request.path)
        services.check(request=approval, by=by)
    except ApprovalError as error:
        obstacle = error
        approval = ApprovalRequest.objects.with_facts().get(pk=approval.pk)
    return _page(request, approval, by, form, obstacle)


def _decide(approval: ApprovalRequest, by: Decider, form: DecisionForm) -> None:
    reason, terms = form.cleaned_data["reason"], form.cleaned_data["terms"]
    services.decide(request=approval, by=by, approve=form.approves, note=reason, seen=terms)


def _page(
    request: HttpRequest,
    approval: ApprovalRequest,
    by: Decider,
    form: DecisionForm,
    obstacle: ApprovalError | None,
) -> HttpResponse:
    # Whoever has lost the right to decide is told so, and nothing of the request.
    refused = isinstance(obstacle, NotAnApprover)
    context = {
        "approval": approval,
        "facts": None if refused else facts_of(approval),
        "form": form,
        "by": by,
        "obstacle": obstacle,
        "sign_in_url": _sign_in_url(approval),
    }
    return render(
        request, "approvals/decision.html", context, status=_status(request, form, obstacle)
    )


def _status(request: HttpRequest, form: DecisionForm, obstacle: ApprovalError | None) -> int:
    if isinstance(obstacle, NotAnApprover):
        return 403
    if request.method == "POST" and obstacle:
        return 409 if isinstance(obstacle, AlreadyEnded | TermsChanged) else 403
    return 400 if form.errors else 200


def _sign_in_url(approval: ApprovalRequest) -> str:
    """Return where to sign in; it comes back to the request, not to the secret link."""
    query = urlencode({"next": approval.get_absolute_url()})
    return f"{reverse('account_login')}?{query}"


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
