"""A stage: a portal that runs, people's windows, the post, and the time where it can be moved."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.journeys.steps import scenes
from tests.journeys.steps.post import Post
from tests.journeys.steps.visitor import PATIENCE, KeyboardVisitor, Visitor


@dataclass
class Stage:
    """What a journey asks of the set-up that it runs on."""

    url: str
    browser: Any
    post: Post
    script: bool
    windows: list[Any] = field(default_factory=list)

    def visitor(self, *, signed_in=None, keyboard=False, script=None):
        """Open a window of its own for a new person, who may be signed in."""
        runs_scripts = self.script if script is None else script
        context = self.browser.new_context(base_url=self.url, java_script_enabled=runs_scripts)
        context.set_default_timeout(PATIENCE)
        self.windows.append(context)
        if signed_in:
            name, value = self.scene("session_of", email=signed_in)
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        kind = KeyboardVisitor if keyboard else Visitor
        return kind(context.new_page())

    def scene(self, name, *args, **terms):
        """Set a scene, or ask what stands behind the pages."""
        return getattr(scenes, name)(*args, **terms)

    def newcomer(self, name):
        """Return an address that nobody used before: codes are counted by address for hours."""
        return f"{name}-{uuid.uuid4().hex[:8]}@example.com"

    def company(self, **terms):
        """Found Olga's account; what was mailed on the way is no part of the journey."""
        found = self.scene("company", **terms)
        self.post.fetch()
        return found

    def later(self, **parts):
        """Let time pass, by a timedelta of the given parts."""
        self.post.office.hands.moment += timedelta(**parts)

    def run(self, *tasks):
        """Have the office do what beat would call now."""
        self.post.office.run(*tasks)

    def close(self):
        """Close the windows."""
        for context in self.windows:
            context.close()


def number(text):
    """Return the first number in a text, with its thousands separators read."""
    return int(re.search(r"[\d,]+", text)[0].replace(",", ""))
