"""Runs operations in turn, in slices, in one or many processes at once.

What disturbs the machine disturbs neighbouring slices alike, so that their ratios hold where the
figures do not.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, connections

FORK = multiprocessing.get_context("fork")
PATIENCE = 900  # seconds
WARM = 20

Operation = Callable[[], None]
# Makes an operation in the process that is to do it, with a connection of its own.
Start = Callable[[], Operation]


def rates(
    starts: Sequence[Start], *, clients: int, slices: int, seconds: float
) -> list[list[float]]:
    """Return, for each of `starts`, how many a second all clients did together, by slice."""
    barrier = FORK.Barrier(clients)

    def work(_number: int) -> list[list[float]]:
        operations = [start() for start in starts]
        for operation in operations * WARM:
            operation()
        seen: list[list[float]] = [[] for _start in starts]
        for _slice in range(slices):
            for number, operation in enumerate(operations):
                barrier.wait(PATIENCE)
                seen[number].append(_rate(operation, seconds))
        return seen

    by_client = in_processes(work, clients)
    return [
        [sum(client[number][slice_] for client in by_client) for slice_ in range(slices)]
        for number in range(len(starts))
    ]


def _rate(operation: Operation, seconds: float) -> float:
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < seconds:
        operation()
        done += 1
    return done / (time.perf_counter() - began)


def in_processes(work: Callable[[int], Any], count: int) -> list[Any]:
    """Do `work` in so many processes at once, numbered from 0; return what each returned."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    results = FORK.Queue()
    workers = [
        FORK.Process(target=lambda number=number: results.put(work(number)))
        for number in range(count)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=PATIENCE) for _worker in workers]
    for worker in workers:
        worker.join()
    return found
