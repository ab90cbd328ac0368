"""The verbs: each checks, locks the account, looks the key up, reads again, decides, writes.

Whatever is refused is refused before the first write; a LedgerError therefore leaves the caller's
transaction as it was. Any other error dooms it.
"""

import functools
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from accounts.ledger import requests, store, zone
from accounts.ledger.chain import Move
from accounts.ledger.exceptions import (
    AccountFrozen,
    HoldEnded,
    InsufficientCredits,
    InvalidRequest,
    LedgerError,
    NothingToRestore,
)
from accounts.ledger.models import Bucket, CreditLot, Hold, LedgerEntry
from accounts.ledger.requests import Request, Terms
from accounts.ledger.signals import credits_returned
from credits_portal.lib import clock, locks

Kind = LedgerEntry.Kind
Params = ParamSpec("Params")
Result = TypeVar("Result")
Entry = TypeVar("Entry", bound=LedgerEntry)


def booked(function: Callable[Params, Result]) -> Callable[Params, Result]:
    """Run in the caller's transaction, or in one of its own that is tried again on a deadlock."""
    standalone = locks.transactional(function)

    @functools.wraps(function)
    def wrapper(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        if not connection.in_atomic_block:
            return standalone(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        except LedgerError:
            raise
        except BaseException:
            transaction.set_rollback(True)
            raise

    return wrapper


def issue(
    *,
    account: Any,
    credits: int,
    unit_price: Decimal,
    purchased_on: date,
    last_day: date,
    key: str,
    actor: Any,
    reason: str,
) -> CreditLot:
    """Make a lot of `credits`, bought at `unit_price` USD net, usable up to `last_day` inclusive.

    Days are dates in the programme's zone. Raises InvalidRequest or KeyReused.
    """
    terms = Terms(unit_price=unit_price, purchased_on=purchased_on, last_day=last_day)
    request = requests.checked(
        kind=Kind.ISSUE,
        account_id=requests.account_id_of(account),
        credits=requests.amount(credits),
        terms=terms,
        key=key,
        actor=actor,
        reason=reason,
    )
    return _issue(request, terms)


def redeem(
    *, account: Any, credits: int, fits: date | None, key: str, actor: Any, reason: str
) -> LedgerEntry:
    """Spend credits of the lots that last until `fits` and today, soonest-expiring first.

    Raises InvalidRequest, KeyReused, AccountFrozen or InsufficientCredits (rules.md 3).
    """
    request = _spending(Kind.REDEEM, account, credits, fits, key=key, actor=actor, reason=reason)
    return _draw(LedgerEntry, request, Bucket.REDEEMED)


def hold(
    *, account: Any, credits: int, fits: date | None, key: str, actor: Any, reason: str
) -> Hold:
    """Reserve the credits that `redeem` would spend now (rules.md 5). Raises the same."""
    request = _spending(Kind.HOLD, account, credits, fits, key=key, actor=actor, reason=reason)
    return _draw(Hold, request, Bucket.HELD)


def capture(*, hold: Hold, key: str, actor: Any, reason: str = "") -> LedgerEntry:
    """Spend a whole hold; without a reason the hold's stands.

    Raises InvalidRequest, KeyReused, AccountFrozen, or HoldEnded: also where a lot of the hold is
    past its last day, and only `release` remains.
    """
    return _capture(_ending(Kind.CAPTURE, hold, key, actor, reason))


def release(*, hold: Hold, key: str, actor: Any, reason: str) -> LedgerEntry:
    """Give a whole hold back to its lots; what is past its last day expires.

    Raises InvalidRequest, KeyReused or HoldEnded.
    """
    return _release(_ending(Kind.RELEASE, hold, key, actor, reason))


def restore(*, entry: LedgerEntry, credits: int, key: str, actor: Any, reason: str) -> LedgerEntry:
    """Give back what an entry of redeem, capture or withdraw took, last drawn first (rules.md 6).

    What returns to a lot past its last day expires. Raises InvalidRequest, KeyReused or
    NothingToRestore.
    """
    requests.saved(entry, LedgerEntry, "entry")
    request = requests.checked(
        kind=Kind.RESTORE,
        account_id=entry.account_id,
        about=entry.pk,
        credits=requests.amount(credits),
        key=key,
        actor=actor,
        reason=reason,
    )
    return _restore(request)


def withdraw(*, lot: CreditLot, credits: int, key: str, actor: Any, reason: str) -> LedgerEntry:
    """Take available credits of one lot out of circulation: refund, charge-back, correction.

    Raises InvalidRequest, KeyReused or InsufficientCredits (also for a lot past its last day).
    """
    requests.saved(lot, CreditLot, "lot")
    request = requests.checked(
        kind=Kind.WITHDRAW,
        account_id=lot.account_id,
        about=lot.pk,
        credits=requests.amount(credits),
        key=key,
        actor=actor,
        reason=reason,
    )
    return _withdraw(request)


def _spending(kind: str, account: Any, credits: int, fits: date | None, **told: Any) -> Request:
    return requests.checked(
        kind=kind,
        account_id=requests.account_id_of(account),
        credits=requests.amount(credits),
        fits=requests.day_or_none(fits, "fits"),
        **told,
    )


def _ending(kind: str, hold: Hold, key: str, actor: Any, reason: str) -> Request:
    requests.saved(hold, Hold, "hold")
    return requests.checked(
        kind=kind, account_id=hold.account_id, about=hold.pk, key=key, actor=actor, reason=reason
    )


@booked
def _issue(request: Request, terms: Terms) -> CreditLot:
    head = store.lock(request.account_id)
    earlier, found = store.read(head, request, store.TIME_ZONE)
    if earlier:
        entry = store.replay(LedgerEntry, head, request, earlier)
        return CreditLot.objects.get(postings__entry=entry)
    zone.keep(found[0][2] if found else None)
    lot = CreditLot.objects.create(
        account_id=request.account_id,
        credits=request.credits,
        available=request.credits,
        unit_price=terms.unit_price,
        purchased_on=terms.purchased_on,
        last_day=terms.last_day,
    )
    moves = [Move(lot.pk, Bucket.ISSUED, Bucket.AVAILABLE, request.credits)]
    effective_at = clock.start_of(terms.purchased_on)
    store.book(LedgerEntry, head, request, moves, effective_at=effective_at)
    return lot


@booked
def _draw(model: type[Entry], request: Request, target: Bucket) -> Entry:
    head = store.lock(request.account_id)
    from_day = max(request.fits or head.today, head.today)
    earlier, lots = store.read(
        head, request, store.DRAWABLE, head.account_id, from_day, request.credits
    )
    if earlier:
        return store.replay(model, head, request, earlier)
    if head.is_frozen:
        raise AccountFrozen
    parts = [(lot_id, available) for lot_id, _last_day, available in lots]
    drawn = share(request.credits, parts)
    if drawn is None:
        raise InsufficientCredits
    moves = [Move(lot_id, Bucket.AVAILABLE, target, part) for lot_id, part in drawn]
    return store.book(model, head, request, moves, fits=request.fits)


@booked
def _capture(request: Request) -> LedgerEntry:
    head = store.lock(request.account_id)
    earlier, held = store.read(head, request, store.HELD, head.account_id, request.about)
    if earlier:
        return store.replay(LedgerEntry, head, request, earlier)
    _check_open(held)
    if head.is_frozen:
        raise AccountFrozen
    if any(last_day < head.today for _lot_id, last_day, *_ in held):
        raise HoldEnded("a lot is past its last day")
    _lot_id, _last_day, _credits, fits, reason, _ended = held[0]
    moves = [Move(row[0], Bucket.HELD, Bucket.REDEEMED, row[2]) for row in held]
    return store.book(
        LedgerEntry, head, request, moves,
        ends_id=request.about, fits=fits, reason=request.reason or reason,
    )  # fmt: skip


@booked
def _release(request: Request) -> LedgerEntry:
    head = store.lock(request.account_id)
    earlier, held = store.read(head, request, store.HELD, head.account_id, request.about)
    if earlier:
        return store.replay(LedgerEntry, head, request, earlier)
    _check_open(held)
    moves = [
        Move(lot_id, Bucket.HELD, back(last_day, head.today), credits)
        for lot_id, last_day, credits, *_ in held
    ]
    return _told(store.book(LedgerEntry, head, request, moves, ends_id=request.about), moves)


@booked
def _restore(request: Request) -> LedgerEntry:
    head = store.lock(request.account_id)
    earlier, spent = store.read(head, request, store.RESTORABLE, head.account_id, request.about)
    if earlier:
        return store.replay(LedgerEntry, head, request, earlier)
    if not spent:
        raise InvalidRequest("only entries of redeem, capture and withdraw can be restored")
    spent.reverse()
    returned = share(request.credits, [(row, row[3]) for row in spent])
    if returned is None:
        raise NothingToRestore
    moves = [
        Move(lot_id, source, back(last_day, head.today), part)
        for (lot_id, last_day, source, _remaining), part in returned
    ]
    return _told(store.book(LedgerEntry, head, request, moves, reverses_id=request.about), moves)


@booked
def _withdraw(request: Request) -> LedgerEntry:
    head = store.lock(request.account_id)
    earlier, lots = store.read(head, request, store.LOT, head.account_id, request.about)
    if earlier:
        return store.replay(LedgerEntry, head, request, earlier)
    if not lots:
        raise InvalidRequest("the account has no such lot")
    lot_id, last_day, available = lots[0]
    if last_day < head.today or available < request.credits:
        raise InsufficientCredits
    moves = [Move(lot_id, Bucket.AVAILABLE, Bucket.WITHDRAWN, request.credits)]
    return store.book(LedgerEntry, head, request, moves)


def share(credits: int, parts: list[tuple[Any, int]]) -> list[tuple[Any, int]] | None:
    """Take `credits` from the parts in their order, as much of each as it has; None if too few."""
    taken = []
    for part, most in parts:
        take = min(most, credits)
        credits -= take
        if take:
            taken.append((part, take))
    return None if credits else taken


def back(last_day: date, today: date) -> Bucket:
    """Return where credits go that return to a lot with that last day."""
    return Bucket.EXPIRED if last_day < today else Bucket.AVAILABLE


def _told(entry: LedgerEntry, moves: list[Move]) -> LedgerEntry:
    """Tell of credits that are available again; whoever listens does so in this transaction."""
    if any(move.target == Bucket.AVAILABLE for move in moves):
        credits_returned.send(sender=LedgerEntry, entry=entry)
    return entry


def _check_open(held: list[Any]) -> None:
    if not held:
        raise InvalidRequest("the account has no such hold")
    if held[0][5]:
        raise HoldEnded
