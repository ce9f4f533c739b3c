"""The composition root: settings, URLs, Celery. Nothing imports it but Python itself."""
