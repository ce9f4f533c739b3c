"""Settings of the product, from the environment. docs/operators.md lists every variable.

Without addresses the product runs on its own embedded servers; `DATABASE_URL` and `REDIS_URL`
replace them. `PRODUCTION=1` takes the demonstration's conveniences away and refuses to start
with anything unsafe: a missing or weak value raises here, in words, before a request is served.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from collections_app.embedded.places import DATABASE_NAME, DATABASE_USER, Places
from collections_app.production import refuse_unsafe

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
PLACES = Places.of(os.environ.get("COLLECTIONS_DATA_DIR") or BASE_DIR / "data")
DATA_DIR: Path = PLACES.data_dir


def required_in_production(name: str, default: str) -> str:
    """The variable, or outside production its default; production must say it aloud."""
    value: str = env(name, default="")
    if not value and PRODUCTION:
        raise ImproperlyConfigured(f"PRODUCTION=1 needs {name}; see docs/operators.md.")
    return value or default


def whole(name: str, default: int) -> int:
    """A variable that is a whole number."""
    try:
        return int(env.int(name, default=default))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None


# --- what kind of installation this is ---
PRODUCTION: bool = env.bool("PRODUCTION", default=False)
DEBUG: bool = env.bool("DEBUG", default=False)
TESTING: bool = env.bool("COLLECTIONS_TESTING", default=False)
DEVELOPMENT_SECRET_KEY = "development-only-secret-key-that-production-refuses"
SECRET_KEY: str = required_in_production(
    "SECRET_KEY",
    PLACES.secret_key.read_text(encoding="ascii").strip()
    if PLACES.secret_key.is_file() and not PRODUCTION
    else DEVELOPMENT_SECRET_KEY,
)
ALLOWED_HOSTS: list[str] = [
    host.strip() for host in required_in_production("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
]
PUBLIC_URL: str = required_in_production("PUBLIC_URL", "http://localhost:8000").rstrip("/")
# The address may be plain HTTP only outside production.
HTTPS: bool = PUBLIC_URL.startswith("https://")

# --- applications ---
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "pgtrigger",
    "csp",
    "axes",
    "collections_app.core",
    "accounts",
    "campaigns",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "collections_app.core.web.session_end.SessionEndMiddleware",
    "collections_app.core.web.middleware.OfficeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "collections_app.urls"
WSGI_APPLICATION = "collections_app.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "collections_app.core.web.context.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            ["django.template.loaders.filesystem.Loader"],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "collections_app.core.templatetags.permissions",
                "collections_app.core.templatetags.ui",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- PostgreSQL ---
EMBEDDED_POSTGRES: bool = not env("DATABASE_URL", default="")
if EMBEDDED_POSTGRES:
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE_NAME,
            "USER": DATABASE_USER,
            "HOST": str(PLACES.runtime_dir),
        }
    }
else:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database, 15 or later.")
DATABASES["default"] |= {
    "CONN_MAX_AGE": whole("DATABASE_CONNECTION_SECONDS", 300),
    "CONN_HEALTH_CHECKS": True,
}

# --- Redis: sessions, cache, queue ---
EMBEDDED_REDIS: bool = not env("REDIS_URL", default="")
REDIS_DATABASE: int = whole("COLLECTIONS_REDIS_DATABASE", 0)
if EMBEDDED_REDIS:
    REDIS_URL: str = f"unix://{quote(str(PLACES.redis_socket))}?db={REDIS_DATABASE}"
    CELERY_BROKER_URL: str = f"redis+socket://{quote(str(PLACES.redis_socket))}?virtual_host={REDIS_DATABASE}"
else:
    REDIS_URL = env("REDIS_URL")
    CELERY_BROKER_URL = REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "collections_app.core.kept_cache.KeptRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "collections",
        "TIMEOUT": 300,
    }
}

# --- signing in ---
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "core:sign_in"
FILTERS_EMPTY_CHOICE_LABEL = _("any")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "core:sign_in"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = whole("SIGN_IN_FAILURES", 5)
AXES_COOLOFF_TIME = timedelta(minutes=whole("SIGN_IN_LOCK_MINUTES", 15))
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "collections_app.core.web.sign_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "collections_app.core.web.client_address.client_address"
TRUSTED_PROXIES: int = whole("TRUSTED_PROXIES", 0)

# --- sessions: in Redis, so that looking at a page writes nothing to the database ---
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_IDLE_SECONDS: int = whole("SESSION_IDLE_MINUTES", 60) * 60
SESSION_ABSOLUTE_SECONDS: int = whole("SESSION_ABSOLUTE_HOURS", 12) * 3600
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "collections_session"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "collections_csrf"
CSRF_FAILURE_VIEW = "collections_app.core.web.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if HTTPS else []
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- what a browser may do with our pages ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = whole("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# --- languages and time ---
USE_I18N = True
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "collections_app" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files and uploads ---
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Production serves what `collectstatic` compressed; else WhiteNoise takes the files where they stand.
COMPRESSED_STATIC: bool = env.bool("COMPRESSED_STATIC", default=PRODUCTION)
STATIC_ROOT: str | None = env("STATIC_ROOT", default=str(DATA_DIR / "static")) if COMPRESSED_STATIC else None
WHITENOISE_USE_FINDERS = not COMPRESSED_STATIC
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COMPRESSED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- where the nightly backup goes: with several workers a folder that all of them reach ---
BACKUP_DIR = Path(env("BACKUP_DIR", default=str(PLACES.backups)))

# --- e-mail: in the demonstration to the local server that keeps what arrives ---
MAILBOX_PORT: int = whole("MAILBOX_PORT", 8025)
vars().update(env.email_url_config(required_in_production("EMAIL_URL", f"smtp://127.0.0.1:{MAILBOX_PORT}")))
EMAIL_TIMEOUT = 20
# A mailbox that takes tokens only (Office 365): SMTP and IMAP sign in by XOAUTH2.
EMAIL_OAUTH_TOKEN_URL: str = env("EMAIL_OAUTH_TOKEN_URL", default="")
EMAIL_OAUTH_CLIENT_ID: str = env("EMAIL_OAUTH_CLIENT_ID", default="")
EMAIL_OAUTH_CLIENT_SECRET: str = env("EMAIL_OAUTH_CLIENT_SECRET", default="")
EMAIL_OAUTH_SCOPE: str = env("EMAIL_OAUTH_SCOPE", default="https://outlook.office365.com/.default")
if EMAIL_OAUTH_TOKEN_URL:
    EMAIL_BACKEND = "campaigns.sending.mail_access.OAuthBackend"
INBOX_URL: str = env("INBOX_URL", default="")  # imaps://user:password@host/INBOX: bounces and replies
INBOX_SECRET: str = env("INBOX_SECRET", default="")  # signs e-mails that a mail system posts to us
MAIL_STAYS_HERE = not os.environ.get("EMAIL_URL")  # the local server keeps it: nobody outside reads it
DEFAULT_FROM_EMAIL = required_in_production("DEFAULT_FROM_EMAIL", "collections@office.example")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- text messages: any HTTP gateway; "mailbox:" puts them into the local mail server instead ---
SMS_GATEWAY_URL: str = env("SMS_GATEWAY_URL", default="" if PRODUCTION else "mailbox:")
SMS_GATEWAY_SECRET: str = env("SMS_GATEWAY_SECRET", default="")
SMS_SENDER: str = env("SMS_SENDER", default="")
SMS_GATEWAY_STATUS_URL: str = env("SMS_GATEWAY_STATUS_URL", default="")  # asked as <address>/<key>
SMS_GATEWAY_HONOURS_KEYS: bool = env.bool("SMS_GATEWAY_HONOURS_KEYS", default=False)
# A message at a gateway for longer than this is nobody's any more: its fate is unknown.
SENDING_LEASE_SECONDS: int = whole("SENDING_LEASE_SECONDS", 120)
SENDING_LANES: int = whole("SENDING_LANES", 4)  # workers that send side by side

if PRODUCTION:
    refuse_unsafe(globals())

# --- Celery: one task, the Job row is the truth ---
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 350_000  # KiB; a worker stays under 400 MB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "global_keyprefix": "collections-"}

# --- logging: one line an event to standard error; no personal values in it ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "collections_app.core.log_lines.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
