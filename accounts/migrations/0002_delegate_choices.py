from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="delegate",
            name="ownership_offered_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="delegate",
            name="reminders",
            field=models.BooleanField(default=True, verbose_name="expiry reminders"),
        ),
    ]
