"""`manage.py reconcile_payments`: what does not add up between money, orders and credits."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from purchasing.reconciliation import Finding, findings


class Command(BaseCommand):
    help = "Compare payments, orders, refunds and provider's events; exit 1 if one needs a look."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = findings()
        if options["json"]:
            self.stdout.write(json.dumps([as_row(each) for each in found], indent=2))
        else:
            self.tell(found)
        if found:
            raise SystemExit(1)

    def tell(self, found: list[Finding]) -> None:
        """Print a line for each finding and one for what to do, and how many there are."""
        for each in found:
            self.stdout.write(f"{each.kind} {each.what}: {each.detail}\n    {each.todo}")
        self.stdout.write(f"{len(found)} to look at" if found else "Everything adds up.")


def as_row(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON has it."""
    names = ("kind", "what", "detail", "url", "todo")
    return {name: str(getattr(finding, name)) for name in names}
