"""Secret payloads of mails: encrypted at rest under PASSKEY_KEYS, wiped when the mail ends."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from .exceptions import SecretLost


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.PASSKEY_KEYS])


def seal(payload: Any) -> str:
    """Return `payload` (JSON) encrypted under the newest key."""
    return _fernet().encrypt(json.dumps(payload).encode()).decode()


def open_sealed(text: str) -> Any:
    """Return the payload that `seal` made `text` from. Raises SecretLost."""
    try:
        return json.loads(_fernet().decrypt(text.encode()))
    except InvalidToken:
        raise SecretLost from None
