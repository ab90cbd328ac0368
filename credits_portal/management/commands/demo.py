"""Fill a development portal with demo data and print who can sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from credits_portal import demo, demo_catalogue, demo_classes, demo_stories


class Command(BaseCommand):
    help = "Builds demo data once (only in DEBUG) and prints the sign-ins and passkeys."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data are for development only: DEBUG is off.")
        if not demo.is_built():
            with transaction.atomic():
                demo.build_people()
                dates = demo_catalogue.build()
                demo_stories.tell(dates)
                demo_classes.run(dates)
                demo.post_mails()
        self._print()

    def _print(self) -> None:
        self.stdout.write(f"\nSign in at {settings.BASE_URL}/sign-in/ with password:")
        self.stdout.write(f"  {demo.PASSWORD}\n\nas one of")
        for persona in [*demo.CUSTOMERS, *demo.STAFF]:
            self.stdout.write(f"  {persona.email:<24} {persona.role}")
        self.stdout.write(f"\nAdministration: {settings.BASE_URL}/admin/")
        self.stdout.write("\nTraining passkeys, to pay without an account:")
        for account, passkey in demo.shared_passkeys():
            self.stdout.write(f"  {account:<24} {passkey}")
        self.stdout.write("")
