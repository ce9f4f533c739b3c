"""Who is at work on a debtor right now (D22): a heartbeat in Redis with a lifetime.

Nothing is stored: a closed browser is forgotten after `LIFETIME`. Pages send a heartbeat by POST;
reading who is there changes nothing.
"""

from datetime import datetime, timedelta
from functools import lru_cache

import redis
from django.conf import settings

LIFETIME = timedelta(seconds=45)


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def _key(debtor_id: int) -> str:
    return f"presence:{debtor_id}"


def beat(*, debtor_id: int, user, at: datetime) -> None:
    """Say that the user is on the debtor's page, until `LIFETIME` from now."""
    until = (at + LIFETIME).timestamp()
    pipe = _client(settings.REDIS_URL).pipeline()
    pipe.zadd(_key(debtor_id), {str(user.pk): until})
    pipe.zremrangebyscore(_key(debtor_id), "-inf", at.timestamp())
    pipe.expire(_key(debtor_id), LIFETIME * 2)
    pipe.execute()


def others(*, debtor_id: int, user, at: datetime) -> list[int]:
    """Ids of the colleagues who are on the debtor, whoever came last first."""
    found = _client(settings.REDIS_URL).zrevrangebyscore(_key(debtor_id), "+inf", at.timestamp())
    return [int(pk) for pk in found if int(pk) != user.pk]
