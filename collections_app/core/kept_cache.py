"""Django's Redis cache with one client and one pool of connections for all threads of a process.

Django makes a pool for every thread and a client for every command, which takes longer than the
command itself; a page asks five. A client holds no state of its own, and both are safe between threads.
A pool of a thread's own would end with it: its connections then wait, open, for the garbage collector,
as they hang on the request that used the session.
"""

import threading
from functools import cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class KeptClient(RedisCacheClient):
    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        # a pool connects when it is asked for the first connection, not now
        self._kept = [
            self._client(connection_pool=self._pool_class.from_url(server, **self._pool_options))
            for server in servers
        ]

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        return self._kept[self._get_connection_pool_index(write)]


class KeptRedisCache(RedisCache):
    _clients: dict[tuple[Any, ...], KeptClient] = {}
    _making = threading.Lock()

    @cached_property
    def _cache(self) -> KeptClient:
        wanted = (*self._servers, *sorted(self._options.items()))
        with self._making:
            if wanted not in self._clients:
                self._clients[wanted] = KeptClient(self._servers, **self._options)
            return self._clients[wanted]
