"""Settings of the product, from the environment; unsafe production values stop the start."""

import os
from pathlib import Path

import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("COLLECTIONS_DATA_DIR", BASE_DIR / "data")).resolve()

SECRET_KEY = env("SECRET_KEY", default="development-only-secret-key-that-production-refuses")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "axes",
    "collections_app.core",
    "accounts",
    "campaigns",
    "reports",
]

AUTH_USER_MODEL = "core.User"
ROOT_URLCONF = "collections_app.urls"
DATABASES = {
    "default": env.db(default="postgres:///collections"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LOGIN_URL = "core:sign_in"
STATIC_URL = "/static/"
