"""The groups of staff and what each may do in the administration (rules.md 9.6)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LEDGER = {
    "accounts.creditlot": "view",
    "accounts.ledgerentry": "view",
    "accounts.hold": "view",
    "accounts.posting": "view",
}
GROUPS = {
    "Finance": {
        **LEDGER,
        "accounts.creditaccount": "view change",
        "reports.accountoverview": "view change",
        "purchasing.order": "view add change",
        "purchasing.document": "view",
        "purchasing.payment": "view add",
        "purchasing.providerevent": "view change",
        "purchasing.pricelist": "view add change",
        "purchasing.pricetier": "view add change delete",
        "purchasing.taxrule": "view add change",
        "redemption.redemption": "view",
        "outbox.outboundmail": "view",
    },
    "Training": {
        "redemption.training": "view add change",
        "redemption.trainingsession": "view add change",
        "redemption.redemption": "view change",
        "redemption.registration": "view change",
    },
    "Support": {
        **LEDGER,
        "accounts.user": "view",
        "accounts.creditaccount": "view change",
        "reports.accountoverview": "view",
        "purchasing.order": "view",
        "purchasing.document": "view",
        "purchasing.payment": "view",
        "purchasing.providerevent": "view",
        "redemption.training": "view",
        "redemption.trainingsession": "view",
        "redemption.redemption": "view change",
        "redemption.registration": "view change",
        "outbox.outboundmail": "view resend",
    },
}


def add(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups; Django itself makes rights only after the last migration."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for name, models in GROUPS.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for model, actions in models.items():
            label, model_name = model.split(".")
            content_type, _made = content_types.get_or_create(app_label=label, model=model_name)
            for action in actions.split():
                permission, _made = permissions.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model_name}",
                    defaults={"name": f"Can {action} {model_name}"},
                )
                group.permissions.add(permission)


def remove(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("accounts", "0002_delegate_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("outbox", "0001_initial"),
        ("purchasing", "0002_first_price_list"),
        ("redemption", "0001_initial"),
    ]

    operations = [migrations.RunPython(add, remove)]
