"""The door for a web server: `gunicorn collections_app.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from collections_app.embedded.clients import hold_for_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
hold_for_settings()
application = get_wsgi_application()

from collections_app.core.checks import (  # noqa: E402 needs the models
    refuse_unready_web,
    refuse_unsafe_production,
)

refuse_unsafe_production()
refuse_unready_web()
