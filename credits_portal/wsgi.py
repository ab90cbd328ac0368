"""The WSGI entry point that gunicorn serves."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credits_portal.settings")
# A page that the database keeps waiting longer than this is better told to come back.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "10s")

application = get_wsgi_application()
import_module("accounts.ledger.zone").check_at_start()
