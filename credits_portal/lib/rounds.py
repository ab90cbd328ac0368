"""Rounds of a task over many rows: whatever is wrong with one holds up no other."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)

logger = logging.getLogger(__name__)


def each(
    rows: Iterable[Row],
    act: Callable[[Row], object],
    *,
    moot: type[Exception] | tuple[type[Exception], ...] = (),
) -> None:
    """Do `act` to each row; one that fails is logged, and tried again in the next round.

    `moot` errors say that there is nothing to do any more: somebody else was faster.
    """
    for row in rows:
        try:
            act(row)
        except moot as error:
            logger.info("%s %s was left alone: %s", type(row).__name__, row.pk, error)
        except Exception:
            logger.exception("%s %s has to wait for the next round.", type(row).__name__, row.pk)
