"""The composition root: settings, URLs, Celery. Nothing imports it but Python itself."""

from collections_app.celery import app as celery_app

__all__ = ["celery_app"]
