"""The rights to pay money back, to undo receipts, and to see what went back (rules.md 7, 9.6)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = {
    "Finance": {
        "refund": "view add change",
        "payment": "change",
        "dispute": "view",
        "shortfall": "view",
    },
    "Support": {"refund": "view", "dispute": "view", "shortfall": "view"},
}


def add(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the rights; Django itself makes them only after the last migration."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for model, actions in RIGHTS[group.name].items():
            content_type, _made = content_types.get_or_create(app_label="purchasing", model=model)
            for action in actions.split():
                permission, _made = permissions.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {model}"},
                )
                group.permissions.add(permission)


def remove(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="purchasing"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for model, actions in RIGHTS[group.name].items():
            codenames = [f"{action}_{model}" for action in actions.split()]
            group.permissions.remove(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_books_permission"),
        ("purchasing", "0004_refunds_by_worker"),
    ]

    operations = [migrations.RunPython(add, remove)]
