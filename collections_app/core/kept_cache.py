"""Django's Redis cache with one client for each pool of connections.

Django makes a client for every command, which takes longer than the command itself; a page asks five.
A client holds no state of its own and is safe between threads.
"""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class KeptClient(RedisCacheClient):
    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._kept: dict[Any, Any] = {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if pool not in self._kept:
            self._kept[pool] = self._client(connection_pool=pool)
        return self._kept[pool]


class KeptRedisCache(RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient
