"""`python -m bench`: each measure beside its floor, alternating; see docs/benchmarks.md.

It makes, fills and drops a database of its own beside that of DATABASE_URL (else on localhost):
`portal_bench` beside `portal`. What counts are the ratios, not the figures.
"""

import argparse

from bench import database

ROWS = ("redeem", "history", "drain", "sweep", "verify", "start", "pages", "reports")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="all of them if none")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and the time")
    arguments = parser.parse_args()
    with database.fresh():
        # Django must be set up first.
        from bench import pages, redeem, reports, start, sweep, verify  # noqa: PLC0415

        measures = {
            "redeem": redeem.against_the_floor,
            "history": redeem.against_a_short_history,
            "drain": redeem.drain,
            "sweep": sweep.against_one_statement,
            "verify": verify.everything,
            "start": start.to_the_first_answer,
            "pages": pages.against_the_floor,
            "reports": reports.everything,
        }
        for name in arguments.rows or ROWS:
            measures[name](quick=arguments.quick)


main()
