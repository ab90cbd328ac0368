from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_entries_by_day"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="ledgerentry", name="entry_key_once"),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=["key", "account"], name="entry_key_once"),
        ),
    ]
