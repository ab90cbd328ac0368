"""From a filled-in form to a registration, confirmed or waiting: all of it or nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError

from accounts import ledger, passkeys
from accounts.exceptions import PasskeyRefused
from accounts.models import CreditAccount, LedgerEntry, Passkey, User
from accounts.services import low_balance_alert
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, locked_name, transactional
from redemption import deadlines, emails
from redemption.exceptions import (
    FinishByNotAccepted,
    KeyReusedError,
    ParticipantTaken,
    PasskeyNoLongerAccepted,
    RedemptionError,
    TooFewCredits,
    TooManyRequests,
)
from redemption.models import Redemption, Registration, Training, TrainingSession
from redemption.services.applications import (
    Application,
    Person,
    check_places,
    needs_approval,
    taken_of,
    tell_turned_away,
    tidy,
)
from redemption.signals import redemption_submitted

OPEN_REQUESTS_PER_ADDRESS = 20
OPEN_REQUESTS_PER_ACCOUNT = 200


class SettingsChanged(Exception):
    """Approval was switched while the form was on its way: begin again."""


def submit(
    *,
    training: Training,
    session: TrainingSession | None,
    passkey: Passkey,
    registrant: Person,
    participants: Sequence[Person],
    key: str,
    note: str = "",
    cost_centre: str = "",
    language: str = "",
    finish_by_accepted: date | None = None,
    user: User | None = None,
) -> Redemption:
    """Register the participants and spend, or hold, the credits (rules.md 4 and 5).

    The same `key` again returns the first result. Raises RedemptionError; nothing is left behind
    then but the owner's notice of too few credits.
    """
    application = Application(
        training=training,
        session=session,
        passkey=passkey,
        registrant=tidy(registrant),
        participants=[tidy(person) for person in participants],
        key=key,
        note=note,
        cost_centre=cost_centre,
        language=language,
        finish_by_accepted=finish_by_accepted,
        user=user,
    )
    try:
        return _enter_settled(application)
    except (RedemptionError, PasskeyRefused, ledger.LedgerError, IntegrityError) as error:
        return _replay(application) or _refuse(application, error)


def _enter_settled(application: Application) -> Redemption:
    """Enter; once more if the account's approval setting changed meanwhile."""
    try:
        return _enter(application)
    except SettingsChanged:
        application.account.refresh_from_db()
        return _enter(application)


@transactional
def _enter(application: Application) -> Redemption:
    """Seats first, then rows and mails; the account's lock comes last and is held briefly."""
    session = locked(application.session) if application.session else None
    if first := _replay(application):
        return first
    approval = needs_approval(application.account, application.user)
    check_places(application, session, approval=approval)
    redemption = _write(application, session, approval=approval)
    if approval:
        locked_name(f"open requests of {redemption.email}")
    account = locked(application.account)
    _check_rights(application, account, approval=approval)
    with low_balance_alert(account=account, cause=f"redemption:{redemption.pk}"):
        _draw(redemption, application, approval=approval)
    if approval:
        _check_open_requests(redemption)
        emails.queue_request_received(redemption)
        redemption_submitted.send(sender=Redemption, redemption=redemption)
    return redemption


def _replay(application: Application) -> Redemption | None:
    """Return what the key made before. Raises KeyReusedError for another form's key."""
    first = Redemption.objects.filter(key=application.key).first()
    if first is not None and first.fingerprint != application.fingerprint:
        raise KeyReusedError
    return first


def _refuse(application: Application, error: Exception) -> Redemption:
    """Raise the refusal that the holder of the passkey may read."""
    if isinstance(error, ledger.InsufficientCredits):
        tell_turned_away(application)
        raise TooFewCredits from error
    if isinstance(error, ledger.AccountFrozen | PasskeyRefused):
        raise PasskeyNoLongerAccepted from error
    if isinstance(error, IntegrityError):
        taken = taken_of(application)
        if taken:
            raise ParticipantTaken(taken[0]) from error
    raise error


def _write(
    application: Application, session: TrainingSession | None, *, approval: bool
) -> Redemption:
    """Write the redemption, its places, and (where nothing is to be decided) the mails."""
    status = Redemption.Status.PENDING if approval else Redemption.Status.CONFIRMED
    redemption = Redemption.objects.create(
        account=application.account,
        passkey=application.passkey,
        user=application.user,
        name=application.registrant.name,
        email=application.registrant.email,
        language=application.language,
        note=application.note,
        cost_centre=application.cost_centre,
        training=application.training,
        session=session,
        credits=application.credits,
        key=application.key,
        fingerprint=application.fingerprint,
        status=status,
        submitted_at=clock.now(),
        confirmed_at=None if approval else clock.now(),
    )
    places = [_place(redemption, person, waiting=approval) for person in application.participants]
    Registration.objects.bulk_create(places)
    if not approval:
        emails.queue_confirmed(redemption)
    return redemption


def _place(redemption: Redemption, person: Person, *, waiting: bool) -> Registration:
    """Return the unsaved place of `person`."""
    place = Registration(
        redemption=redemption,
        account=redemption.account,
        training=redemption.training,
        session=redemption.session,
        name=person.name,
        email=person.email,
        credits=redemption.training.credits,
        status=Registration.Status.WAITING if waiting else Registration.Status.REGISTERED,
    )
    place.renew_link()
    return place


def _check_rights(application: Application, account: CreditAccount, *, approval: bool) -> None:
    """Read again under the account's lock who may spend and whether it must be approved."""
    if needs_approval(account, application.user) != approval:
        raise SettingsChanged
    passkeys.use(passkey=application.passkey)


def _draw(redemption: Redemption, application: Application, *, approval: bool) -> None:
    """Hold or redeem the credits, and keep what follows from the lots drawn."""
    try:
        entry = _book(redemption, fits=application.fits, approval=approval)
    except ledger.InsufficientCredits:
        if application.session is not None:
            raise
        entry = _book(redemption, fits=clock.today(), approval=approval)
        _check_finish_by(entry, application.finish_by_accepted)
    last_days = last_days_of(entry)
    if redemption.session is None:
        redemption.finish_by = min(last_days)
    if approval:
        redemption.decide_by = deadlines.decide_by(
            submitted_at=redemption.submitted_at,
            starts_at=redemption.session.starts_at if redemption.session else None,
            last_days=last_days,
        )
    redemption.save(update_fields=["entry", "hold", "finish_by", "decide_by"])
    redemption.registrations.update(entry=redemption.entry, finish_by=redemption.finish_by)


def _book(redemption: Redemption, *, fits: date, approval: bool) -> LedgerEntry:
    """Hold (where approval is needed) or redeem; return the entry."""
    terms: dict[str, Any] = {
        "account": redemption.account,
        "credits": redemption.credits,
        "fits": fits,
        "key": f"redemption:{redemption.pk}",
        "actor": redemption.user or f"registration:{redemption.pk}",
        "reason": f"{redemption.reference} {redemption.training.title}",
    }
    if approval:
        redemption.hold = ledger.hold(**terms)
        return redemption.hold
    redemption.entry = ledger.redeem(**terms)
    return redemption.entry


def last_days_of(entry: LedgerEntry) -> list[date]:
    """Return the last usable days of the lots that `entry` moved."""
    return list(entry.postings.values_list("lot__last_day", flat=True))


def _check_finish_by(entry: LedgerEntry, accepted: date | None) -> None:
    """Raise unless the registrant agreed to finish as early as the lots drawn end."""
    finish_by = min(last_days_of(entry))
    if accepted is None or accepted > finish_by:
        raise FinishByNotAccepted(finish_by)


def _check_open_requests(redemption: Redemption) -> None:
    """Raise TooManyRequests past the limits of trust.md 3; owner and delegates have none.

    The address and the account are locked, so that the counts are exact.
    """
    account, user = redemption.account, redemption.user
    if user is not None and CreditAccount.objects.visible_to(user).filter(pk=account.pk).exists():
        return
    pending = Redemption.objects.pending()
    if (
        pending.filter(email=redemption.email).count() > OPEN_REQUESTS_PER_ADDRESS
        or pending.filter(account=account).count() > OPEN_REQUESTS_PER_ACCOUNT
    ):
        raise TooManyRequests
