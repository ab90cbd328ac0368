"""Training passkeys: made, shown, found and replaced (rules.md 4).

A passkey is looked up by its HMAC-SHA-256 under a key of PASSKEY_KEYS and kept encrypted under the
newest of them. Look-ups work under every configured key; `rotate` moves all rows to the newest.
"""

import hashlib
import hmac
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from credits_portal.lib import clock, throttle
from credits_portal.lib.locks import locked, transactional

from . import emails
from .exceptions import NotTheOwner, PasskeyRefused, TooManyGuesses
from .models import CreditAccount, Passkey, User
from .passkey_codes import generate, grouped, parse
from .signals import passkey_replaced

GUESSES = throttle.Limit(name="passkey", times=10, period=timedelta(minutes=15))
LAST_SHOWN = 4


@transactional
def ensure(*, account: CreditAccount) -> tuple[Passkey, bool]:
    """Return the account's current passkey, making it if there is none, and whether it is new."""
    account = locked(account)
    passkey = account.passkeys.filter(replaced_at=None).first()
    if passkey:
        return passkey, False
    return _create(account), True


def reveal(passkey: Passkey) -> str:
    """Return the passkey's text in groups of four, for its owner's eyes only."""
    return grouped(_decrypted(passkey))


def find(text: str) -> Passkey:
    """Return the current passkey of an open account that `text` spells; raise PasskeyRefused."""
    code = parse(text)
    digests = [_digest(key, code) for key in settings.PASSKEY_KEYS]
    passkey = Passkey.objects.select_related("account").filter(digest__in=digests).first()
    if passkey is None:
        raise PasskeyRefused(PasskeyRefused.UNKNOWN)
    if passkey.replaced_at:
        raise PasskeyRefused(PasskeyRefused.REPLACED)
    if passkey.account.is_frozen:
        raise PasskeyRefused(PasskeyRefused.FROZEN)
    return passkey


def check(text: str, *, source: str) -> Passkey:
    """Find the passkey for a web form; count the guesses of `source` (trust.md 3).

    The right passkey passes whatever the count. Once it is full, all that is not a typing error
    is refused alike with TooManyGuesses. Call it outside a transaction: the count must stay.
    """
    try:
        return find(text)
    except PasskeyRefused as refusal:
        if refusal.code == PasskeyRefused.TYPING_ERROR:
            raise
        wait_seconds = throttle.wait(GUESSES, source)
        if wait_seconds:
            raise TooManyGuesses(wait_seconds) from None
        if refusal.code == PasskeyRefused.UNKNOWN:
            throttle.count(GUESSES, source)
        raise


def use(*, passkey: Passkey) -> None:
    """Record that `passkey` spends now, in the caller's transaction, after the account's lock.

    Raises PasskeyRefused if it was replaced since it was found (trust.md I13).
    """
    current = Passkey.objects.filter(pk=passkey.pk, replaced_at=None)
    if not current.update(last_used_at=clock.now()):
        raise PasskeyRefused(PasskeyRefused.REPLACED)


@transactional
def replace(*, account: CreditAccount, actor: User, seen: int | None = None) -> Passkey:
    """Stop the account's passkey at once, make a new one and tell the owner by mail.

    Pending requests and registrations survive. `seen` is the id of the passkey that the actor
    meant: if that one is replaced already (a double click), the current one is returned.
    Raises NotTheOwner.
    """
    account = locked(account)
    if not (account.is_owned_by(actor) or actor.is_staff):
        raise NotTheOwner
    old = account.passkeys.filter(replaced_at=None).first()
    if old and seen is not None and old.pk != seen:
        return old
    if old:
        old.replaced_at = clock.now()
        old.save(update_fields=["replaced_at"])
    new = _create(account)
    emails.passkey_replaced(passkey=new, actor=actor)
    passkey_replaced.send(sender=Passkey, passkey=new)
    return new


def rotate(*, batch: int = 500) -> int:
    """Move every passkey to the newest key of PASSKEY_KEYS; return how many were moved.

    Safe to repeat. Afterwards no passkey needs an older key. (A secret link keeps working without
    the key that made it, but its mail cannot be rendered again.)
    """
    moved, last_id = 0, 0
    while rows := list(Passkey.objects.filter(pk__gt=last_id).order_by("pk")[:batch]):
        last_id = rows[-1].pk
        stale = [row for row in rows if not _is_under_newest_key(row)]
        for row in stale:
            _seal(row, _decrypted(row))
        with transaction.atomic():
            Passkey.objects.bulk_update(stale, ["digest", "encrypted_value"])
        moved += len(stale)
    return moved


def _create(account: CreditAccount) -> Passkey:
    code = generate()
    passkey = Passkey(account=account, last_four=code[-LAST_SHOWN:], created_at=clock.now())
    _seal(passkey, code)
    passkey.save()
    return passkey


def _seal(passkey: Passkey, code: str) -> None:
    newest = settings.PASSKEY_KEYS[0]
    passkey.digest = _digest(newest, code)
    passkey.encrypted_value = Fernet(newest).encrypt(code.encode()).decode()


def _digest(key: str, code: str) -> str:
    return hmac.new(key.encode(), f"passkey:{code}".encode(), hashlib.sha256).hexdigest()


def _decrypted(passkey: Passkey) -> str:
    keys = MultiFernet([Fernet(key) for key in settings.PASSKEY_KEYS])
    return keys.decrypt(passkey.encrypted_value.encode()).decode()


def _is_under_newest_key(passkey: Passkey) -> bool:
    newest = settings.PASSKEY_KEYS[0]
    try:
        code = Fernet(newest).decrypt(passkey.encrypted_value.encode()).decode()
    except InvalidToken:
        return False
    return passkey.digest == _digest(newest, code)
