"""The programme's time zone gives the ledger's days their meaning: once lots exist it stays."""

from collections.abc import Sequence

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from accounts.ledger.models import CreditLot, Programme


def check(**kwargs: object) -> None:  # noqa: ARG001
    """Stop the start where PORTAL_TIME_ZONE differs from that of the lots (rules.md 3).

    Called after every migrate.
    """
    if Programme._meta.db_table in connection.introspection.table_names():
        keep(Programme.objects.values_list("time_zone", flat=True).first())


def check_at_start() -> None:
    """Do `check` where a process of the portal starts; a database that is away stops none."""
    try:
        check()
    except OperationalError:
        return
    finally:
        connection.close()


def keep(stored: str | None) -> None:
    """Keep the zone of the settings as the ledger's; `stored` is the one kept so far."""
    if stored == settings.PORTAL_TIME_ZONE:
        return
    if stored is not None and CreditLot.objects.exists():
        raise ImproperlyConfigured(
            f"PORTAL_TIME_ZONE is {settings.PORTAL_TIME_ZONE}, but the credits were sold in"
            f" {stored}: their last usable days would shift. Set it back."
        )
    Programme.objects.bulk_create(
        [Programme(time_zone=settings.PORTAL_TIME_ZONE)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["time_zone"],
    )


@checks.register(checks.Tags.database)
def check_zone(
    *,
    databases: Sequence[str] | None = None,
    **kwargs: object,  # noqa: ARG001
) -> list[checks.CheckMessage]:
    """Report a changed zone to `manage.py check --database default` and to migrate."""
    try:
        if databases:
            check()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="ledger.E001")]
    return []
