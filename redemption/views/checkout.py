"""Two pages from a training to a registration: the form, and the check before anything is spent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import passkeys
from accounts.exceptions import PasskeyRefused, TooManyGuesses
from accounts.models import Passkey, User
from accounts.services import deciders_of
from credits_portal.lib import errors, formats
from credits_portal.lib.sources import source_of
from redemption import drafts, sent
from redemption.drafts import Draft
from redemption.exceptions import (
    ParticipantTaken,
    RedemptionError,
    SessionClosedError,
    SessionFull,
    TooFewCredits,
)
from redemption.forms import CheckForm, ParticipantFormSet, RegisterForm, initial_rows
from redemption.models import Redemption, Training
from redemption.services import Application, Terms, preview, submit, terms_digest


def user_of(request: HttpRequest) -> User | None:
    """Return who is signed in, if anybody."""
    return request.user if isinstance(request.user, User) else None


class RegisterPage:
    """The form with its rows of participants, and what became of it."""

    def __init__(self, request: HttpRequest, training: Training) -> None:
        self.request, self.training = request, training
        self.draft = drafts.load(request.session, request.GET.get("draft", ""))
        keeps = bool(self.draft and self.draft.current_passkey())
        terms: dict[str, Any] = {"training": training, "keeps_passkey": keeps}
        if request.method == "POST" and "add" not in request.POST:
            self.form = RegisterForm(request.POST, **terms)
            self.rows = ParticipantFormSet(request.POST, prefix="people")
        else:
            initial, people = self._initial()
            self.form = RegisterForm(initial=initial, **terms)
            self.rows = ParticipantFormSet(initial=people, prefix="people")
        if "add" in request.POST:
            self.rows.forms[-1].fields["name"].widget.attrs["autofocus"] = True

    def _initial(self) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """Return what stands in the fields: typed before "Add", drafted, or known."""
        post = self.request.POST
        if post:
            count = post.get("people-TOTAL_FORMS", "0")
            total = int(count) if count.isascii() and count.isdecimal() and len(count) < 3 else 0  # noqa: PLR2004
            fields = ("name", "email")
            rows = [{f: post.get(f"people-{i}-{f}", "") for f in fields} for i in range(total)]
            return {**post.dict(), "attending": "attending" in post}, [*rows, {}]
        if self.draft:
            name, email = self.draft.registrant
            people = initial_rows(person for person in self.draft.others)
            return {
                "session": self.draft.session,
                "name": name,
                "email": email,
                "attending": self.draft.attending,
                "note": self.draft.note,
            }, people
        user = user_of(self.request)
        known = {"name": user.name, "email": user.email} if user else {}
        return {"session": self.request.GET.get("session"), **known}, []

    def is_valid(self) -> bool:
        """Tell whether the form and all its rows are filled in well, by somebody who takes part."""
        valid = [self.form.is_valid(), self.rows.is_valid()]
        if not all(valid):
            return False
        if not self.form.cleaned_data["attending"] and not self.rows.people:
            self.form.add_error("attending", _("Tick this, or add a participant."))
        return self.form.is_valid()

    def find_passkey(self) -> Passkey | None:
        """Return the passkey typed, or kept; raise TooManyGuesses."""
        typed = self.form.cleaned_data["passkey"]
        if not typed and self.draft:
            return self.draft.current_passkey()
        try:
            return passkeys.check(typed, source=source_of(self.request))
        except PasskeyRefused as refusal:
            self.form.add_error("passkey", str(refusal))
            return None

    def keep(self, passkey: Passkey) -> Draft:
        """Return the draft of what was filled in."""
        session = self.form.cleaned_data.get("session")
        draft = Draft(
            training=self.training.pk,
            session=session.pk if session else None,
            passkey=passkey.pk,
            registrant=self.form.person,
            participants=self.rows.people,
            attending=self.form.cleaned_data["attending"],
            note=self.form.cleaned_data["note"],
        )
        if self.draft and not Redemption.objects.filter(key=self.draft.key).exists():
            draft.key = self.draft.key
        return draft

    def refuse(self, error: RedemptionError) -> None:
        """Put the refusal at the field that can mend it."""
        if isinstance(error, ParticipantTaken) and self.rows.refuse(error.email, str(error)):
            return
        fields = {
            ParticipantTaken: "email",
            SessionClosedError: "session",
            SessionFull: "session",
            TooFewCredits: "passkey",
        }
        field = fields.get(type(error))
        self.form.add_error(field if field in self.form.fields else None, str(error))

    def show(self) -> HttpResponse:
        """Render the page."""
        context = {
            "training": self.training,
            "form": self.form,
            "formset": self.rows,
            "draft": self.draft,
        }
        return render(self.request, "redemption/register.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the details and the passkey; nothing is spent before the check page."""
    training = get_object_or_404(Training.objects.offered(), slug=slug)
    page = RegisterPage(request, training)
    if request.method != "POST" or "add" in request.POST or not page.is_valid():
        return page.show()
    try:
        passkey = page.find_passkey()
    except TooManyGuesses as error:
        return errors.too_many(error.wait_seconds)
    if passkey is None:
        return page.show()
    draft = page.keep(passkey)
    application = draft.application(training, user_of(request))
    try:
        if application is not None:
            preview(application)
    except RedemptionError as error:
        page.refuse(error)
        return page.show()
    draft.save(request.session)
    return redirect("redemption:check", slug=slug, key=draft.key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """Show price, approval and last moments before the click; the click spends."""
    if done := sent.with_key(request, str(key)):
        return redirect(done)
    training = get_object_or_404(Training.objects.offered(), slug=slug)
    draft = drafts.load(request.session, str(key))
    application = draft.application(training, user_of(request)) if draft else None
    if application is None:
        return begin_again(request, training, key, known=draft is not None)
    try:
        terms = preview(application)
        is_sent = request.method == "POST" and has_shown(request, application, terms)
        form = check_form(request, application, terms, is_sent=is_sent)
        if is_sent and form.is_valid():
            return enter(request, application, form)
    except RedemptionError as error:
        context = {"training": training, "key": key, "refusal": str(error)}
        return render(request, "redemption/refused.html", context)
    return show_check(request, application, terms, form)


def begin_again(
    request: HttpRequest, training: Training, key: UUID, *, known: bool
) -> HttpResponse:
    """Return to the form, prefilled where this browser still knows what was typed."""
    if known:
        text = _("Nothing was spent. Enter the training passkey again to go on.")
    else:
        text = _("Nothing was spent. This page has been left for too long: fill in the form again.")
    messages.warning(request, text)
    return redirect(f"{reverse('redemption:register', args=[training.slug])}?draft={key}")


def has_shown(request: HttpRequest, application: Application, terms: Terms) -> bool:
    """Tell whether the page that was sent has shown these terms; a form without them may pass."""
    digest = terms_digest(application, terms)
    return request.POST.get("terms", digest) == digest


def check_form(
    request: HttpRequest, application: Application, terms: Terms, *, is_sent: bool
) -> CheckForm:
    """Return the form with the fields that these terms need."""
    label = ""
    if terms.asks_finish_by and terms.finish_by:
        day, left = formats.day(terms.finish_by), formats.days_left(terms.finish_by)
        label = _("Everybody will finish by %(day)s, %(left)s") % {"day": day, "left": left}
    return CheckForm(
        request.POST if is_sent else None,
        initial={
            "terms": terms_digest(application, terms),
            "cost_centre": request.POST.get("cost_centre", ""),
        },
        asks_cost_centre=application.account.asks_cost_centre,
        finish_by=terms.finish_by if terms.asks_finish_by else None,
        label=label,
    )


def enter(request: HttpRequest, application: Application, form: CheckForm) -> HttpResponse:
    """Spend or hold the credits, and go to the registration's own page."""
    redemption = submit(
        training=application.training,
        session=application.session,
        passkey=application.passkey,
        registrant=application.registrant,
        participants=application.participants,
        note=application.note,
        key=application.key,
        language=request.LANGUAGE_CODE,
        user=application.user,
        cost_centre=form.cleaned_data.get("cost_centre", ""),
        finish_by_accepted=form.cleaned_data.get("finish_by"),
    )
    sent.remember(request, redemption)
    return redirect(redemption)


def show_check(
    request: HttpRequest, application: Application, terms: Terms, form: CheckForm
) -> HttpResponse:
    """Render the check page."""
    user, account = application.user, application.account
    senders = {application.registrant.email, user.email if user else application.registrant.email}
    context = {
        "application": application,
        "training": application.training,
        "session": application.session,
        "terms": terms,
        "form": form,
        "has_changed": request.method == "POST" and not form.is_bound,
        "approvers": deciders_of(account, senders=senders) if terms.needs_approval else [],
    }
    status = 409 if context["has_changed"] else 200
    return render(request, "redemption/check.html", context, status=status)
