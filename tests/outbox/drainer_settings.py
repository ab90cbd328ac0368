"""The tests' settings, with the mail server of EMAIL_URL."""

from credits_portal.settings import *  # noqa: F403

EMAIL_TIMEOUT = 5
