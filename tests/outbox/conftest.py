"""A mail of the tests' own, and a broker that only counts."""

import pytest

from credits_portal.outbox import registry, services
from credits_portal.outbox.registry import Content, builds


@builds("tests.note")
def build_note(params, recipient):
    """Build a mail that shows its params."""
    return Content(
        template="tests/note",
        context={"text": params.get("text", ""), "code": params.get("secret", "")},
        attachments=params.get("attachments", []),
        unsubscribe_url=params.get("unsubscribe_url", ""),
    )


NOTE = {
    "mails/tests/note.subject.txt": "About {{ text }}",
    "mails/tests/note.txt": (
        '{% extends "mails/base.txt" %}{% block content %}{{ text }} {{ code }}\n'
        "http://localhost:8000/note/{% endblock %}"
    ),
    "mails/tests/note.html": (
        '{% extends "mails/base.html" %}'
        "{% block preheader %}A short note that the tests send to nobody at all{% endblock %}"
        "{% block content %}<h1>Note</h1><p>{{ text }} {{ code }}</p>"
        '{% include "mails/_button.html" with url="http://localhost:8000/note/" label="Go" %}'
        "{% endblock %}"
    ),
}


@pytest.fixture(autouse=True)
def note_templates(settings):
    """Add the note's templates to the engine."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [
        {
            **engine,
            "APP_DIRS": False,
            "OPTIONS": {
                **engine["OPTIONS"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", NOTE),
                    "django.template.loaders.filesystem.Loader",
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ]


@pytest.fixture
def broken_builder(monkeypatch):
    """Register a builder that raises."""

    def build(params, recipient):
        raise LookupError("no such order")

    monkeypatch.setitem(registry._builders, "tests.broken", build)


@pytest.fixture
def wakes(monkeypatch):
    """Count the wake-ups instead of sending them."""
    calls = []
    monkeypatch.setattr(services, "_broker_rests_until", 0.0)
    monkeypatch.setattr(
        services.current_app, "send_task", lambda name, **options: calls.append(name)
    )
    return calls
