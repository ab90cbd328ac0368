"""Sets scenes beside a portal: `python -m tests.journeys.scenery`, on that portal's database.

Each line of input names a scene with its terms, each line of output is what it returned, in JSON.
"""

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "credits_portal.settings"

import django

django.setup()

from tests.journeys.steps import scenes  # noqa: E402


def main():
    """Set one scene after the other."""
    for line in sys.stdin:
        name, args, terms = json.loads(line)
        sys.stdout.write(json.dumps(getattr(scenes, name)(*args, **terms)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
