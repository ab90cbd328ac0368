"""A shared cache that nobody waits for: while Redis is away, each process remembers for itself.

Only the limits of signing in stand in the cache. They go on counting, per process, during an
outage, so that signing in neither fails nor opens its gates (trust.md 2 and 3).
"""

import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

# After a failure Redis is left alone so long: a hanging one costs one request its timeout.
REST_SECONDS = 15.0


def _steady(name: str) -> Callable[..., Any]:
    """Return the cache's method `name`, on Redis or, while that is away, on this process."""

    def method(self: "SteadyRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.rests_until:
            try:
                return getattr(super(SteadyRedisCache, self), name)(*args, **kwargs)
            except (RedisError, OSError):
                SteadyRedisCache.rests_until = time.monotonic() + REST_SECONDS
        return getattr(self.memory, name)(*args, **kwargs)

    return method


class SteadyRedisCache(RedisCache):
    """Redis, with the process's own memory standing in while it is away."""

    rests_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.memory = LocMemCache("steady", {})

    add = _steady("add")
    get = _steady("get")
    set = _steady("set")
    touch = _steady("touch")
    delete = _steady("delete")
    has_key = _steady("has_key")
    incr = _steady("incr")
    clear = _steady("clear")
