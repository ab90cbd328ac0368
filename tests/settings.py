"""The portal's settings, made fast for tests. The engine comes from DATABASE_URL and REDIS_URL."""

import os

os.environ.setdefault("DEBUG", "1")

from credits_portal.settings import *  # noqa: F403
from credits_portal.settings import CACHES, CELERY_BROKER_TRANSPORT_OPTIONS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Wake-ups go nowhere: a test that wants a task done calls it.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS.clear()
# Two runs at once share a Redis, not their keys.
CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"
