"""The books, and the right of Finance to read them (rules.md 9.6)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAME = "view_books"


def add(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let Finance read the books; Django itself makes rights only after the last migration."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    content_type, _made = content_types.get_or_create(app_label="reports", model="books")
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=CODENAME, defaults={"name": "Can view books"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Finance"):
        group.permissions.add(permission)


def remove(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(content_type__app_label="reports", codename=CODENAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0003_export_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Books",
            fields=[],
            options={
                "verbose_name": "books",
                "verbose_name_plural": "books",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("accounts.creditlot",),
        ),
        migrations.RunPython(add, remove),
    ]
