"""The links of an address, mailed to it again (rules.md 4)."""

from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from redemption import emails
from redemption.models import Redemption, Registration


@transactional
def mail_links(*, email: str, language: str) -> None:
    """Mail `email` the links of all that it has registered, or has a place in.

    A link whose key was dropped from PASSKEY_KEYS is made anew: only so can it be told again.
    """
    for rows in (Redemption.objects.all(), Registration.objects.live()):
        for row in rows.filter(email=email).order_by("-pk")[: emails.LINKS_AT_MOST]:
            if not row.has_link:
                _renew(row)
    emails.queue_links(email=email, language=language, moment=clock.now().isoformat())


def _renew(row: Redemption | Registration) -> None:
    """Give the row a link under the newest key; the old one dies."""
    row = locked(row)
    row.renew_link()
    row.save(update_fields=["link_nonce", "link_digest"])
