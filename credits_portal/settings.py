"""All settings, read from the environment (and `.env`); a wrong or missing one stops the start."""

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from credits_portal.environment import Environment
from credits_portal.logs import LOGGING  # noqa: F401

# Lets annotations such as `forms.ModelForm[Order]` and `admin.ModelAdmin[Order]` stand at runtime.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")
DEBUG = env.debug
# What an embedded portal keeps in files: the SQLite database, the queue, the mailbox.
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

# Good on a developer's machine only: with DEBUG off the environment must bring its own.
DEVELOPMENT_SECRET_KEY = "development-only-" + "0" * 48
DEVELOPMENT_PASSKEY_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMDAwMDAwMDAwMDA="

# --- Security ---------------------------------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY", DEVELOPMENT_SECRET_KEY)
PASSKEY_KEYS = env.keys("PASSKEY_KEYS", DEVELOPMENT_PASSKEY_KEY)
PORT = env.number("PORT", 8000, least=1, most=65_535)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
BASE_URL = env.origin("BASE_URL", f"http://localhost:{PORT}", hosts=ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXY_HOPS = env.number("TRUSTED_PROXY_HOPS", 0, most=10)
X_FRAME_OPTIONS = "DENY"
# Not "no-referrer": under it Chromium posts `Origin: null`, which Django answers with 403.
SECURE_REFERRER_POLICY = "strict-origin"
CSRF_FAILURE_VIEW = "credits_portal.lib.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
if TRUSTED_PROXY_HOPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- The house --------------------------------------------------------------------------------
ROOT_URLCONF = "credits_portal.urls"
WSGI_APPLICATION = "credits_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "csp",
    "credits_portal",
    "credits_portal.lib",
    "credits_portal.outbox",
    "accounts",
    "purchasing",
    "redemption",
    "approvals",
    "reports",
]
MIDDLEWARE = [
    "credits_portal.middleware.ProbeMiddleware",
    "credits_portal.middleware.UnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "credits_portal.middleware.PlainTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
]
if DEBUG:
    MIDDLEWARE.append("credits_portal.middleware.NotFoundMiddleware")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "credits_portal.lib.context_processors.portal",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ["portal"]
CRISPY_TEMPLATE_PACK = "portal"

# --- Time and language ------------------------------------------------------------------------
PROGRAMME_ZONE = env.zone("PORTAL_TIME_ZONE", "America/New_York")
PORTAL_TIME_ZONE = PROGRAMME_ZONE.key
TIME_ZONE = PORTAL_TIME_ZONE
# Up to so many days before a class its places are cancelled for their credits (rules.md 6).
CANCEL_DAYS_BEFORE = env.number("CANCEL_DAYS_BEFORE", 14)
USE_TZ = True
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "credits_portal.formats"

# --- Data -------------------------------------------------------------------------------------
# SQLite takes one writer at a time: IMMEDIATE queues them up front, WAL lets readers go on.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# The web gives a statement 10 s (wsgi.py); jobs and migrations take the time they need.
POSTGRESQL_OPTIONS: dict[str, Any] = {
    "pool": {
        "min_size": 1,
        "max_size": env.number("DATABASE_POOL_SIZE", 12, least=1),
        "timeout": 4,
        # Soon given up, so that the next page tries anew: its waits between tries double, and it
        # would find a database that was away for a minute half a minute late.
        "reconnect_timeout": 3,
    },
    "connect_timeout": 3,
    # For the cursors of lib/statements.py; Django's own prepare nothing.
    "prepare_threshold": 5,
    # Compiling a page's statement takes longer than running it does.
    "options": "-c jit=off -c lock_timeout=3s -c statement_timeout="
    + env.duration("DATABASE_STATEMENT_TIMEOUT", "0"),
}
_database = env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = SQLITE_OPTIONS
else:
    _database["OPTIONS"] = POSTGRESQL_OPTIONS
    # A connection that died in the pool is found before a page gets it.
    _database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}

# --- Cache and broker -------------------------------------------------------------------------
REDIS_URL = env.redis("REDIS_URL")
if REDIS_URL:
    _redis = {
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "socket_timeout": 0.5,
            "socket_connect_timeout": 0.5,
            "retry": Retry(NoBackoff(), 0),
        },
    }
    # The default never fails; /readyz asks the other one whether Redis is there.
    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "credits_portal.lib.cache.SteadyRedisCache", **_redis},
        "shared": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **_redis},
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 3600,
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "max_retries": 0,
    }
else:
    _memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    CACHES = {"default": _memory, "shared": _memory}
    QUEUE_DIR = VAR_DIR / "celery" / "queue"
    CONTROL_DIR = VAR_DIR / "celery" / "control"
    for _folder in (QUEUE_DIR, CONTROL_DIR):
        _folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"  # without a host it warns at each task
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
        "control_folder": str(CONTROL_DIR),
        "polling_interval": 0.5,
    }
# A broker that hangs must not hold a page up: one short try, then the beat's round delivers.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = PORTAL_TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# --- Static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- Mail -------------------------------------------------------------------------------------
# The outbox delivers through this back end; in development it fills the mailbox page.
MAILBOX_DIR = VAR_DIR / "mailbox"
_mail = env.mail("EMAIL_URL", "dummymail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
if DEBUG and EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
    EMAIL_BACKEND = "credits_portal.outbox.mailbox.MailboxBackend"
DEFAULT_FROM_EMAIL = env.address("DEFAULT_FROM_EMAIL", "Training credits <credits@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- The programme ----------------------------------------------------------------------------
PORTAL_NAME = env.text("PORTAL_NAME", "Training Credits")
PORTAL_COLOUR = env.text("PORTAL_COLOUR", "#0b5cad")
PORTAL_LOGO = env.picture("PORTAL_LOGO")
SUPPORT_EMAIL = env.address("SUPPORT_EMAIL", "support@localhost")
SELLER_DETAILS = env.text("SELLER_DETAILS", "Demonstration Training Ltd" if DEBUG else "")
BANK_DETAILS = env.text("BANK_DETAILS", "Demonstration Bank, account 0000 0000" if DEBUG else "")
# So long a quote holds its price, and so long an invoice may take to be paid.
QUOTE_DAYS = env.number("QUOTE_DAYS", 30, least=1)
INVOICE_DAYS = env.number("INVOICE_DAYS", 30)
# Up to so many USD that banks kept of a transfer may be booked as a bank charge.
SHORTFALL_LIMIT = env.number("SHORTFALL_LIMIT", 50)
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET = env.together(
    STRIPE_SECRET_KEY=("sk_", "rk_"), STRIPE_WEBHOOK_SECRET=("whsec_",)
)
STRIPE_API_BASE = env.development("STRIPE_API_BASE")

# --- People (allauth) -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/accounts/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# An address is enough to sign up; the optional password is added afterwards.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
# Six digits by mail: three tries each, five mails per address and hour, so 15 guesses an hour.
SIGN_IN_CODE_SECONDS = 15 * 60
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = SIGN_IN_CODE_SECONDS
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = SIGN_IN_CODE_SECONDS
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = SIGN_IN_CODE_SECONDS
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,5/h/key"}
ACCOUNT_FORMS = {
    "login": "accounts.signin_forms.LoginForm",
    "signup": "accounts.signin_forms.SignupForm",
    "add_email": "accounts.signin_forms.AddEmailForm",
    "change_password": "accounts.signin_forms.ChangePasswordForm",
    "set_password": "accounts.signin_forms.SetPasswordForm",
    "reset_password": "accounts.signin_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.signin_forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.signin_forms.ReauthenticateForm",
    "confirm_login_code": "accounts.signin_forms.ConfirmLoginCodeForm",
    "confirm_email_verification_code": ("accounts.signin_forms.ConfirmEmailVerificationCodeForm"),
    "confirm_password_reset_code": "accounts.signin_forms.ConfirmPasswordResetCodeForm",
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.signin_forms.AuthenticateForm",
    "reauthenticate": "accounts.signin_forms.MFAReauthenticateForm",
    "activate_totp": "accounts.signin_forms.ActivateTOTPForm",
}
STAFF_SECOND_FACTOR = not DEBUG
