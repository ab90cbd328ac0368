"""`make test` and `make lint`: every check, then plain last lines on what ran and what did not.

Locally a run whose server or browser is not there is left out and said so; in CI (CI=true) that
fails, as does a run that executed no test. A test that is meant for one engine is skipped on the
other; one that was skipped on every engine did not run, which fails too, unless it is for a program
that CI may lack (OPTIONAL).
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REPORTS = ROOT / "var" / "reports"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/portal")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
BROWSERS = [os.environ.get("CHROMIUM", "chromium"), "chromium-browser", "google-chrome"]
SERVERS = {"DATABASE_URL": POSTGRESQL, "REDIS_URL": REDIS}
PYTEST = ["-m", "pytest", "-q", "--numprocesses", "2", "--dist", "worksteal"]
# What a test may lack on every engine, in CI too: it is said, and does not fail.
OPTIONAL = {"LibreOffice is not installed"}
# What the developer's own environment says of engines must not leak into the runs.
CLEARED = {"DATABASE_URL": "", "REDIS_URL": "", "EMAIL_URL": "", "BASE_URL": ""}


@dataclass
class Run:
    """One run of the tests on one engine."""

    name: str
    marks: str
    environment: Mapping[str, str]
    missing: Callable[[], str]
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    absent: str = ""
    seconds: float = 0
    problems: list[str] = field(default_factory=list)
    executed: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    optional: Counter[str] = field(default_factory=Counter)

    def execute(self) -> None:
        """Run pytest and count what its report says."""
        self.absent = self.missing()
        if self.absent:
            return
        report = REPORTS / f"{self.name.replace(' ', '-').lower()}.xml"
        report.unlink(missing_ok=True)
        print(f"\n== Tests: {self.name}", flush=True)
        started = time.monotonic()
        command = [sys.executable, *PYTEST, "-m", self.marks, f"--junit-xml={report}"]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), check=False)  # noqa: S603
        self.seconds = time.monotonic() - started
        if report.is_file():
            self._count(ElementTree.parse(report).getroot())  # noqa: S314
        if done.returncode:
            self.problems.append(f"pytest ended with {done.returncode}")

    def _environment(self) -> dict[str, str]:
        profile = {"HYPOTHESIS_PROFILE": "ci"} if IN_CI else {}
        return {**os.environ, **CLEARED, **profile, **self.environment}

    def _count(self, report: ElementTree.Element) -> None:
        for suite in report.iter("testsuite"):
            total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            self.failed += failed
            self.skipped += skipped
            self.passed += total - skipped - failed
        for case in report.iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            skipped_for = case.find("skipped")
            if skipped_for is None:
                self.executed.add(name)
            elif (reason := skipped_for.get("message", "")) in OPTIONAL:
                self.optional[reason] += 1
            else:
                self.left_out.add(name)

    @property
    def is_good(self) -> bool:
        """Whether all that should have run ran and passed."""
        if self.absent:
            return not IN_CI
        return self.passed > 0 and not self.failed and not self.problems

    def __str__(self) -> str:
        if self.absent:
            return f"{self.name}: did not run, {self.absent}"
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        skipped += "".join(f" ({count}: {reason})" for reason, count in self.optional.items())
        problems = "".join(f", {problem}" for problem in self.problems)
        counted = f"{self.passed} passed, {self.failed} failed{skipped}"
        return f"{self.name}: {counted} in {self.seconds:.0f} s{problems}"


def nothing_missing() -> str:
    """SQLite comes with Python."""
    return ""


def servers_missing() -> str:
    """Tell which server does not answer."""
    try:
        address = POSTGRESQL.rpartition("/")[0] + "/postgres"
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.Error:
        return "no PostgreSQL answers at TEST_DATABASE_URL"
    try:
        redis.Redis.from_url(REDIS, socket_timeout=3).ping()
    except (redis.RedisError, OSError):
        return "no Redis answers at TEST_REDIS_URL"
    return ""


def browser_missing() -> str:
    """Tell that there is no Chromium."""
    return "" if any(map(shutil.which, BROWSERS)) else "no chromium is installed"


def browser_or_servers_missing() -> str:
    """Tell what the journeys on servers lack."""
    return browser_missing() or servers_missing()


def runs() -> list[Run]:
    """Return the runs, fastest engine first."""
    return [
        Run("SQLite", "not browser and not servers", {}, nothing_missing),
        Run("PostgreSQL", "not browser", SERVERS, servers_missing),
        Run("Browser on SQLite", "browser", {}, browser_missing),
        Run("Browser on PostgreSQL", "browser", SERVERS, browser_or_servers_missing),
    ]


def never_run(tests: list[Run]) -> list[str]:
    """Return the tests that were skipped on every engine."""
    executed = set().union(*(run.executed for run in tests))
    return sorted(set().union(*(run.left_out for run in tests)) - executed)


def linters() -> dict[str, list[str]]:
    """Return the commands that read the code, by name."""
    templates = [str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html")]
    return {
        "ruff": [str(BIN / "ruff"), "check", "."],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
        "djade": [str(BIN / "djade"), "--target-version", "5.2", "--check", *templates],
        "mypy": [str(BIN / "mypy")],
        "import-linter": [str(BIN / "lint-imports")],
    }


def lint() -> list[str]:
    """Run every linter; return the names of those that found something."""
    found = []
    for name, command in linters().items():
        print(f"== {name}", flush=True)
        environment = {**os.environ, **CLEARED, "DEBUG": "1"}
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:  # noqa: S603
            found.append(name)
    return found


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    found = lint()
    if "--lint" in sys.argv:
        print("Found something: " + ", ".join(found) if found else "All linters are content.")
        return 1 if found else 0
    REPORTS.mkdir(parents=True, exist_ok=True)
    tests = runs()
    for run in tests:
        run.execute()
    print("\n== What ran")
    print("Linters: " + ("found something: " + ", ".join(found) if found else "content"))
    print(*tests, sep="\n")
    skipped_everywhere = never_run(tests)
    for name in skipped_everywhere:
        print(f"Did not run on any engine: {name}")
    good = not found and all(run.is_good for run in tests)
    good = good and not (IN_CI and skipped_everywhere)
    print("All is well." if good else "NOT all is well.")
    passed, failed = sum(run.passed for run in tests), sum(run.failed for run in tests)
    skipped = sum(run.skipped for run in tests)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
