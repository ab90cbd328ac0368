"""Acts at the same moment, each on a connection of its own: for tests on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections


def together(*acts, refusals):
    """Run the acts at the same moment; return what each gave, or its refusal (of `refusals`)."""
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait()
            return act()
        except refusals as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
