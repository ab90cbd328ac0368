"""Twenty faults seeded into the ledger, one by one: do its own tests catch them?

    python tests/mutants.py            # all; DATABASE_URL chooses the engine as ever
    python tests/mutants.py 3 7        # some

Each fault is a text of the tree replaced by another in a copy of it; a text that is not found
exactly once stops the run. Exits with 1 if more than one fault is missed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COPIED = [
    "accounts", "approvals", "credits_portal", "purchasing", "redemption", "reports", "templates",
    "static", "tests", "manage.py", "pyproject.toml",
]  # fmt: skip
MAY_BE_MISSED = 1


class Fault(NamedTuple):
    """One replacement in one file."""

    name: str
    path: str
    old: str
    new: str


LEDGER = "accounts/ledger/"
FAULTS = [
    Fault("drop the lock", "credits_portal/lib/locks.py",
          '" FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""', '""'),
    Fault("skip the key look-up", LEDGER + "store.py",
          "earlier = None if entry_id is None else", "earlier = None if True else"),
    Fault("accept a reused key", LEDGER + "store.py",
          "if not request.repeats(earlier.fingerprint, head.today):", "if False:"),
    Fault("draw from lots that end before the class", LEDGER + "verbs.py",
          "from_day = max(request.fits or head.today, head.today)", "from_day = head.today"),
    Fault("draw from lots past their last day", LEDGER + "verbs.py",
          "from_day = max(request.fits or head.today, head.today)",
          "from_day = request.fits or head.today"),
    Fault("> for >= at the last day", LEDGER + "store.py",
          "WHERE account_id = %s AND last_day >= %s AND available > 0",
          "WHERE account_id = %s AND last_day > %s AND available > 0"),
    Fault("draw the latest lot first", LEDGER + "store.py",
          "SUM(available) OVER (ORDER BY last_day, id) - available AS before",
          "SUM(available) OVER (ORDER BY last_day DESC, id) - available AS before"),
    Fault("read one lot too few", LEDGER + "store.py",
          ") AS fitting WHERE before < %s", ") AS fitting WHERE before + available < %s"),
    Fault("forget a bucket", LEDGER + "store.py",
          "if bucket != Bucket.ISSUED]", "if bucket not in (Bucket.ISSUED, Bucket.HELD)]"),
    Fault("pay out less than was asked", LEDGER + "verbs.py",
          "return None if credits else taken", "return taken"),
    Fault("let a frozen account capture", LEDGER + "verbs.py",
          "    _check_open(held)\n    if head.is_frozen:\n        raise AccountFrozen\n",
          "    _check_open(held)\n"),
    Fault("capture a lot past its last day", LEDGER + "verbs.py",
          "if any(last_day < head.today for", "if any(last_day < date.min for"),
    Fault("end a hold twice", LEDGER + "verbs.py",
          "    if held[0][5]:\n        raise HoldEnded\n", ""),
    Fault("give back to a lot past its last day", LEDGER + "verbs.py",
          "return Bucket.EXPIRED if last_day < today else Bucket.AVAILABLE",
          "return Bucket.AVAILABLE"),
    Fault("expire what returns on the last day", LEDGER + "verbs.py",
          "return Bucket.EXPIRED if last_day < today",
          "return Bucket.EXPIRED if last_day <= today"),
    Fault("forget earlier restores", LEDGER + "store.py",
          "WHERE restore.reverses_id = spent.id AND", "WHERE restore.reverses_id = -spent.id AND"),
    Fault("restore in the order of drawing", LEDGER + "verbs.py", "    spent.reverse()\n", ""),
    Fault("withdraw from a lot past its last day", LEDGER + "verbs.py",
          "if last_day < head.today or available < request.credits:",
          "if available < request.credits:"),
    Fault("expire a lot on its last day", LEDGER + "sweep.py",
          "WHERE lot.available > 0 AND lot.last_day < %s AND NOT EXISTS",
          "WHERE lot.available > 0 AND lot.last_day <= %s AND NOT EXISTS"),
    Fault("leave the head where it was", LEDGER + "store.py",
          "[values.number, digest, head.account_id]",
          "[values.number, head.hash, head.account_id]"),
]  # fmt: skip
# The lock's loss shows on PostgreSQL only (SQLite has no row locks): DATABASE_URL=postgres://...


def plant(tree: Path, fault: Fault) -> None:
    """Write the fault into the copied tree."""
    path = tree / fault.path
    text = path.read_text()
    if text.count(fault.old) != 1:
        sys.exit(f"{fault.name}: its text stands {text.count(fault.old)} times in {fault.path}")
    path.write_text(text.replace(fault.old, fault.new))


def catches(tree: Path) -> str:
    """Run the ledger's tests on the tree; return the first that failed, or nothing."""
    command = [
        sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header",
        "tests/accounts/ledger", "--deselect", "tests/accounts/ledger/test_round_trips.py",
    ]  # fmt: skip
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split("::", 1)[-1].split(" - ")[0] if failed else ""


def main() -> None:
    """Plant every fault in a copy of its own and print a table."""
    chosen = [int(number) for number in sys.argv[1:]] or range(1, len(FAULTS) + 1)
    missed = 0
    for number in chosen:
        fault = FAULTS[number - 1]
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder)
            for name in COPIED:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, tree / name)
            plant(tree, fault)
            test = catches(tree)
        missed += not test
        print(f"{number:2} {'caught' if test else 'MISSED':7} {fault.name:45} {test}", flush=True)  # noqa: T201
    print(f"{len(chosen) - missed} of {len(chosen)} caught")  # noqa: T201
    sys.exit(missed > MAY_BE_MISSED)


if __name__ == "__main__":
    main()
