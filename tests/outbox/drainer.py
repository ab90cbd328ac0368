"""A worker of its own process for the tests: `python -m tests.outbox.drainer prepare|queue|drain`.

It works on DATABASE_URL and delivers to the server of EMAIL_URL, with a lease of two seconds.
"""

import json
import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.outbox.drainer_settings"
django.setup()

from django.db import connection  # noqa: E402

from credits_portal.outbox import delivery, registry, services  # noqa: E402
from credits_portal.outbox.models import OutboundMail  # noqa: E402
from credits_portal.outbox.registry import Content  # noqa: E402

delivery.LEASE = timedelta(seconds=2)
delivery.BATCH = 5
services.wake = lambda: None


@registry.builds("tests.worker")
def build(params, recipient):
    """Build a mail from templates that any mail has."""
    return Content(template="sign_in/exists", context={"url": "http://localhost/"})


def main(command, *arguments):
    """Run one command."""
    if command == "prepare":
        with connection.schema_editor() as editor:
            editor.create_model(OutboundMail)
    elif command == "queue":
        for number in range(int(arguments[0])):
            services.queue(
                name="tests.worker", recipient=f"p{number}@example.com", key=f"mail:{number}"
            )
    elif command == "drain":
        delivery.drain()
    elif command == "states":
        sys.stdout.write(json.dumps(list(OutboundMail.objects.values_list("state", flat=True))))


if __name__ == "__main__":
    main(*sys.argv[1:])
