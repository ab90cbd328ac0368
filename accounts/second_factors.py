"""Authenticator secrets at rest: moved to the newest of PASSKEY_KEYS."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from credits_portal.outbox import vault


@transaction.atomic
def rotate() -> int:
    """Encrypt every authenticator's secret under the newest key; return how many there were."""
    authenticators = list(Authenticator.objects.order_by("pk"))
    for authenticator in authenticators:
        authenticator.data = {
            name: _resealed(value) if name in {"secret", "seed"} else value
            for name, value in authenticator.data.items()
        }
        authenticator.save(update_fields=["data"])
    return len(authenticators)


def _resealed(text: str) -> str:
    return vault.seal(vault.open_sealed(text))
