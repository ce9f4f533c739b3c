"""How often somebody without a sign-in has tried: doors open to whoever comes are open a few times."""

from contextlib import suppress
from ipaddress import ip_address, ip_network

from django.core.cache import cache
from django.http import HttpRequest

from collections_app.core.web.client_address import client_address


def _key(door: str, who: str) -> str:
    return f"tries:{door}:{who}"


def tries_so_far(door: str, who: str) -> int:
    """How many tries at a door are counted, without counting one."""
    return cache.get(_key(door, who), 0)


def tries(door: str, who: str, seconds: int) -> int:
    """Counts one more try at a door and says how many there were in the last seconds."""
    key = _key(door, who)
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, seconds)
        return 1


def caller(request: HttpRequest) -> str:
    """From where somebody calls. An IPv6 subscriber has a network of his own (a /64) and may call from
    any address in it."""
    address = client_address(request)
    with suppress(ValueError):
        if ip_address(address).version == 6:
            return str(ip_network(f"{address}/64", strict=False))
    return address
