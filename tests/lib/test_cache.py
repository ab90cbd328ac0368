"""The shared cache: while Redis is away a process remembers for itself and waits for nobody."""

import socket
import time

import pytest
from redis.backoff import NoBackoff
from redis.retry import Retry

from credits_portal.lib.cache import SteadyRedisCache


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    monkeypatch.setattr(SteadyRedisCache, "rests_until", 0.0)


@pytest.fixture
def hanging():
    """A server that accepts and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield cache_at(server.getsockname()[1])


def cache_at(port):
    options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2, "retry": Retry(NoBackoff(), 0)}
    cache = SteadyRedisCache(f"redis://127.0.0.1:{port}/0", {"OPTIONS": options})
    cache.memory.clear()
    return cache


def test_while_redis_is_away_a_process_remembers():
    cache = cache_at(1)
    cache.set("tries", [1.0])

    assert cache.get("tries") == [1.0]


def test_while_redis_is_away_a_lock_is_still_taken_once():
    cache = cache_at(1)

    assert [cache.add("lock", 1), cache.add("lock", 1)] == [True, False]


def test_a_redis_that_hangs_is_waited_for_once(hanging):
    start = time.monotonic()
    for number in range(10):
        hanging.set(f"key:{number}", number)

    assert time.monotonic() - start < 1


def test_after_a_rest_redis_is_asked_again(hanging):
    hanging.get("key")
    first = SteadyRedisCache.rests_until
    SteadyRedisCache.rests_until = 0.0
    hanging.get("key")

    assert SteadyRedisCache.rests_until > first
