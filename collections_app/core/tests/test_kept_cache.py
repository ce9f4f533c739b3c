"""One pool of connections to Redis for all threads of a process."""

from threading import Thread

from django.conf import settings
from django.core.cache import caches


def client_of_this_thread():
    return caches["default"]._cache.get_client(write=True)


def test_threads_share_a_client_so_that_none_ends_with_a_connection_open():
    here, elsewhere = client_of_this_thread(), []
    thread = Thread(target=lambda: elsewhere.append((caches["default"], client_of_this_thread())))
    thread.start()
    thread.join()
    [(cache, client)] = elsewhere
    assert cache is not caches["default"]
    assert client is here
    assert client is cache._cache.get_client("read")


def test_another_server_has_a_client_of_its_own():
    own = caches["default"]
    other = type(own)("redis://elsewhere.example", {})  # nothing connects before it is asked
    assert other._cache.get_client() is not own._cache.get_client()
    assert type(own)(settings.CACHES["default"]["LOCATION"], {})._cache is own._cache
