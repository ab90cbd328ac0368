"""The two tiers that the programme starts with (rules.md 1)."""

from datetime import UTC, datetime
from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STARTS_AT = datetime(2020, 1, 1, tzinfo=UTC)
TIERS = [(1, Decimal("1.00")), (20_000, Decimal("0.80"))]


def add(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    price_list = apps.get_model("purchasing", "PriceList").objects.create(
        name="Volume discount", starts_at=STARTS_AT
    )
    for minimum, unit_price in TIERS:
        price_list.tiers.create(minimum=minimum, unit_price=unit_price)


def remove(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("purchasing", "PriceList").objects.filter(starts_at=STARTS_AT).delete()


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]
