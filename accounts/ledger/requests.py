"""What a verb was asked: checked before the database is touched, and known by a fingerprint."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from accounts.ledger.exceptions import InvalidRequest
from accounts.ledger.models import LedgerEntry

MOST_CREDITS = 1_000_000_000
HIGHEST_PRICE = Decimal(10) ** 8
FIRST_YEAR = 1900
PRICE_STEP = Decimal("0.0001")
ACTOR = re.compile(r"[a-z][a-z_-]{0,19}:[A-Za-z0-9_.:-]{1,80}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One call of a verb, checked. `about` is the lot, hold or entry that it names."""

    kind: str
    account_id: int
    key: str
    actor: str
    reason: str
    credits: int = 0
    about: int | None = None
    fits: date | None = None
    terms: "Terms | None" = None

    def fingerprint(self, today: date) -> str:
        """Return what tells this request from another one with its key; not actor or reason."""
        return self._digest(self.fits if self.fits and self.fits > today else None)

    def repeats(self, fingerprint: str, today: date) -> bool:
        """Tell whether `fingerprint` is of this request, made today or while `fits` lay ahead."""
        return fingerprint in (self.fingerprint(today), self._digest(self.fits))

    def _digest(self, fits: date | None) -> str:
        terms = self.terms.text() if self.terms else "-"
        text = f"{self.kind}|{self.credits}|{self.about or '-'}|{fits or '-'}|{terms}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a lot is issued on: they never change."""

    unit_price: Decimal
    purchased_on: date
    last_day: date

    def __post_init__(self) -> None:
        """Check the price and the order of the days."""
        price = self.unit_price
        if not isinstance(price, Decimal) or not price.is_finite():
            raise InvalidRequest("unit_price must be a finite Decimal")
        if not 0 <= price < HIGHEST_PRICE or price != price.quantize(PRICE_STEP):
            raise InvalidRequest("unit_price must be 0 or more, with at most 4 decimals")
        if day(self.last_day, "last_day") < day(self.purchased_on, "purchased_on"):
            raise InvalidRequest("last_day must not be before purchased_on")

    def text(self) -> str:
        """Return the terms as the fingerprint and the chain write them."""
        return f"{self.unit_price:.4f};{self.purchased_on};{self.last_day}"


def checked(
    *, kind: str, account_id: int, key: str, actor: Any, reason: str, **fields: Any
) -> Request:
    """Return the request, or raise InvalidRequest. A capture may go without a reason."""
    return Request(
        kind=kind,
        account_id=account_id,
        key=text(key, "key", most=200),
        actor=actor_name(actor),
        reason=text(reason, "reason", most=500, blank=kind == LedgerEntry.Kind.CAPTURE),
        **fields,
    )


def amount(credits: Any) -> int:
    """Return `credits` if it is a whole number from 1 to 1,000,000,000."""
    if type(credits) is not int or not 1 <= credits <= MOST_CREDITS:
        raise InvalidRequest("credits must be an int from 1 to 1,000,000,000")
    return credits


def day(value: Any, name: str) -> date:
    """Return `value` if it is a date, not a moment, and no slip of the pen."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidRequest(f"{name} must be a datetime.date")
    if value.year < FIRST_YEAR:
        raise InvalidRequest(f"{name} must not be before {FIRST_YEAR}")
    return value


def day_or_none(value: Any, name: str) -> date | None:
    """Return `value` if it is None or a date."""
    return None if value is None else day(value, name)


def text(value: Any, name: str, *, most: int, blank: bool = False) -> str:
    """Return `value` if every engine can store it as it is."""
    if not isinstance(value, str) or len(value) > most:
        raise InvalidRequest(f"{name} must be a str of at most {most} characters")
    if not (value.strip() or blank):
        raise InvalidRequest(f"{name} must not be blank")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        raise InvalidRequest(f"{name} must not hold NUL or lone surrogates")
    return value


def actor_name(actor: Any) -> str:
    """Return who acts, for ever: `user:<id>`, `job:<name>`, `registration:<id>`; no address."""
    if isinstance(actor, get_user_model()) and actor.pk is not None:
        return f"user:{actor.pk}"
    if not isinstance(actor, str) or not ACTOR.fullmatch(actor):
        raise InvalidRequest("actor must be a saved User, or a str such as job:<name>")
    return actor


def saved(row: Any, model: type[models.Model], name: str) -> Any:
    """Return `row` if it is a saved row of `model`."""
    if not isinstance(row, model) or row.pk is None:
        raise InvalidRequest(f"{name} must be a saved {model.__name__}")
    return row


def account_id_of(account: Any) -> int:
    """Return the id of a saved CreditAccount."""
    model = apps.get_model("accounts", "CreditAccount")
    return int(saved(account, model, "account").pk)
