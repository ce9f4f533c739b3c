"""The product's settings for tests: own servers' folder, own slot, stricter templates, quick hashes.

Every test process takes a slot: its own database and its own Redis database on the embedded test
servers, or on `DATABASE_URL` and `REDIS_URL` (of servers that hold nothing you need: they're emptied).
"""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from collections_app.embedded.places import Places
from collections_app.testing.guards import FailOnUndefined
from collections_app.testing.slots import Slot

MARK = "COLLECTIONS_TESTING"


def _test_places() -> Places:
    given = os.environ.get("COLLECTIONS_DATA_DIR") or Path(__file__).parent.parent.parent / "data"
    if os.environ.get(MARK):  # a worker inherits the folder of its run
        return Places.of(given)
    return Places(Places.of(given).data_dir / "test")


def _prepare_environment() -> Slot:
    places = _test_places()
    places.make_data_dir()
    slot = Slot(places.data_dir)
    os.environ |= {
        MARK: "1",
        "COLLECTIONS_DATA_DIR": str(places.data_dir),
        "COLLECTIONS_REDIS_DATABASE": str(slot.number),
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's loop runs in the test's thread
        "LOG_LEVEL": "WARNING",
    }
    for name in ("PRODUCTION", "DEBUG", "PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_URL"):
        os.environ.pop(name, None)
    if address := os.environ.get("REDIS_URL"):
        parts = urlsplit(address)
        os.environ["REDIS_URL"] = urlunsplit(parts._replace(path=f"/{slot.number % 16}"))
    return slot


TEST_SLOT = _prepare_environment()

from collections_app.settings import *  # noqa: E402, F403 the product reads the environment made above
from collections_app.settings import TEMPLATES  # noqa: E402

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = FailOnUndefined("%s")
# Else each of a test's clients would read the whole folder of static files before its first request.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
