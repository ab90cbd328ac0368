"""Secret links: 256-bit tokens that a database dump does not open.

A token is the HMAC of a random nonce under a key of PASSKEY_KEYS. The row keeps the nonce, so that
a mail can be rendered again, and the SHA-256 digest of the token, by which it is looked up. An old
link works for as long as its row stands; an old key is needed only to render its mail again.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.db import models


def digest_of(token: str) -> str:
    """Return the hex SHA-256 by which `token` is looked up; any text is digestible."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def derive(*, key: str, purpose: str, nonce: str) -> str:
    """Return the URL-safe token of `nonce` for `purpose` under `key`."""
    mac = hmac.new(key.encode(), f"link:{purpose}:{nonce}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


class LostKeyError(Exception):
    """No key of PASSKEY_KEYS made this link: the key was dropped before the link ended."""


class SecretLinkQuerySet(models.QuerySet[Any]):
    """Look-ups of rows that a secret link opens."""

    def for_token(self, token: str) -> Any:
        """Return the row that `token` opens, or None."""
        row = self.filter(link_digest=digest_of(token)).first()
        if row is not None:
            row.opened_by = token
        return row


class SecretLink(models.Model):
    """A row that a mailed link opens. Subclasses set `link_purpose`."""

    link_purpose = ""
    # The token that the row was found by: its pages lead on without the key that made it.
    opened_by = ""

    link_nonce = models.CharField(max_length=43, editable=False)
    link_digest = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        abstract = True

    def renew_link(self) -> None:
        """Give the row a new token (unsaved); the old one opens nothing once it is saved."""
        self.link_nonce = secrets.token_urlsafe(32)
        key = settings.PASSKEY_KEYS[0]
        token = derive(key=key, purpose=self.link_purpose, nonce=self.link_nonce)
        self.link_digest = digest_of(token)

    @property
    def link_token(self) -> str:
        """Return the token, for a mail or page. Raises LostKeyError if its key is gone."""
        keys = settings.PASSKEY_KEYS
        made = [derive(key=key, purpose=self.link_purpose, nonce=self.link_nonce) for key in keys]
        for token in [self.opened_by, *made]:
            if hmac.compare_digest(digest_of(token), self.link_digest):
                return token
        raise LostKeyError(f"{type(self).__name__} {self.pk}")

    @property
    def has_link(self) -> bool:
        """Tell whether `link_token` can be told: its key is still configured."""
        try:
            return bool(self.link_token)
        except LostKeyError:
            return False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a row without a link gets one."""
        if not self.link_digest:
            self.renew_link()
        super().save(*args, **kwargs)
