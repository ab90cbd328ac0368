"""`manage.py verify_ledger`: read everything, report what should never be."""

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.ledger import Violation
from reports.verification import verify


class Command(BaseCommand):
    help = "Check the ledger against every invariant of docs/ledger.md; exit 1 if one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = verify()
        if options["json"]:
            rows = [dataclasses.asdict(violation) for violation in found]
            self.stdout.write(json.dumps(rows, indent=2))
        else:
            self.tell(found)
        if found:
            raise SystemExit(1)

    def tell(self, found: list[Violation]) -> None:
        """Print a line for each violation, and how many there are."""
        for each in found:
            self.stdout.write(f"{each.invariant} {each.table} {each.id}: {each.detail}")
        self.stdout.write(f"{len(found)} violations" if found else "The ledger holds.")
