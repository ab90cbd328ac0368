"""A round goes on whatever one of its rows meets."""

import logging

import pytest

from accounts.models import User
from credits_portal.lib import rounds


class OverAlready(Exception):
    """Somebody else was faster."""


@pytest.fixture
def people():
    return [User(pk=number) for number in (1, 2, 3)]


def meeting(error, done):
    """Return what does a row, unless it is the second."""

    def act(row):
        if row.pk == 2:
            raise error
        done.append(row.pk)

    return act


def test_a_row_that_fails_holds_up_no_other(people, caplog):
    done = []
    rounds.each(people, meeting(ValueError("broken"), done))
    assert (done, [record.levelno for record in caplog.records]) == ([1, 3], [logging.ERROR])


def test_what_is_moot_is_no_failure(people, caplog):
    done = []
    rounds.each(people, meeting(OverAlready(), done), moot=OverAlready)
    assert (done, [record.levelno for record in caplog.records]) == ([1, 3], [logging.INFO])
