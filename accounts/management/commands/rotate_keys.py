"""Move all training passkeys and authenticator secrets to the newest key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts import passkeys, second_factors


class Command(BaseCommand):
    help = (
        "Put passkeys and two-step sign-ins under the newest key of PASSKEY_KEYS. Put the new key "
        "first, restart every process, run this, then drop the old key. A secret link that an old "
        "key made keeps working, but its mail cannot be rendered again: keep the old key while "
        "such mails are still to be sent (requests last at most 7 days)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="passkeys per transaction")

    def handle(self, *_args: Any, batch: int, **_options: Any) -> None:
        moved = passkeys.rotate(batch=batch)
        self.stdout.write(f"{moved} passkeys moved to the newest key.")
        factors = second_factors.rotate()
        self.stdout.write(f"{factors} two-step sign-ins moved to the newest key.")
