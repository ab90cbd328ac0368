"""A real Chromium for tests: where it is found, whom it signs in, and what it can measure.

`tests/journeys/conftest.py` brings the fixtures. Without a Chromium (CHROMIUM names one, else the
PATH is searched) these tests are skipped, and the last lines of the run say so.
"""

import os
import shutil
import zlib
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

# Playwright keeps an event loop in this thread, which Django would take for an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCREENS = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]


def chromium():
    """Return the path of the browser, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = chromium()
    if not path:
        pytest.skip("no Chromium here")
    return {**browser_type_launch_args, "executable_path": path, "args": FLAGS}


@pytest.fixture
def sign_in(context, live_server):
    """Return a function that signs a user in to the browser's context."""
    return lambda user: context.add_cookies([session(live_server.url, user)])


def session(origin, user):
    """Return the cookie of a new session of `user` at `origin`."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": origin}


@dataclass
class Traffic:
    """What a page asked for, and what the browser complained of."""

    page: object
    answers: list = field(default_factory=list)
    complaints: list = field(default_factory=list)

    def __post_init__(self):
        self.page.on("response", self.note)
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def note(self, answer):
        """Keep an answer; a page may be an error page, what belongs to it may not fail."""
        self.answers.append(answer)
        if answer.status >= 400 and answer.request.resource_type != "document":
            self.complaints.append(f"{answer.status} {answer.url}")

    def listen(self, message):
        """Keep what concerns the page: refused styles and scripts, errors in scripts."""
        known = ("Autofocus", "Failed to load resource")
        if message.type in {"error", "warning"} and not message.text.startswith(known):
            self.complaints.append(message.text)

    def foreign(self, origin):
        """Return the addresses asked for outside `origin`."""
        addresses = {answer.url for answer in self.answers}
        return [url for url in addresses if not url.startswith((origin, "data:", "blob:"))]

    def parts(self, *kinds):
        """Return the addresses of what was fetched of these kinds ("stylesheet", "script")."""
        return {a.url for a in self.answers if a.request.resource_type in kinds}

    def weight(self, *kinds):
        """Return the compressed bytes of the parts of these kinds."""
        bodies = [self.page.request.get(url).body() for url in self.parts(*kinds)]
        return sum(len(zlib.compress(body, 9)) for body in bodies)

    def page_weight(self):
        """Return the compressed bytes of the page itself."""
        return len(zlib.compress(self.page.content().encode(), 9))


def violations(page):
    """Return what axe-core finds, one line for each rule and element."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def overflow(page):
    """Return by how many pixels the page can be scrolled sideways, and what sticks out."""
    return page.evaluate("""() => {
        const wide = document.documentElement.scrollWidth - innerWidth;
        return wide <= 0 ? [] : [wide, ...[...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => e.outerHTML.slice(0, 100)).slice(0, 5)];
    }""")


def small_targets(page):
    """Return the targets under 24 px (44 px for buttons), links within a sentence excepted."""
    return page.evaluate("""() => {
        const visible = (e) => e.checkVisibility({ visibilityProperty: true });
        const within = (e) => getComputedStyle(e).display === "inline"
            && e.parentElement.textContent.trim().length > e.textContent.trim().length;
        return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
            .filter((e) => visible(e) && e.type !== "hidden" && !within(e)
                && !e.closest(".skip, .visually-hidden"))
            .map((e) => [e, (e.closest("label") || e).getBoundingClientRect()])
            .filter(([e, box]) => {
                const least = e.matches(".button:not(td *)") ? 44 : 24;
                return box.height < least - .5 || box.width < 23.5;
            })
            .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} `
                + e.outerHTML.slice(0, 100));
    }""")


def tab_through(page, most=80):
    """Press Tab over the page; return the stops, and those whose focus cannot be seen."""
    stops, unseen = [], []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate("""() => {
            const e = document.activeElement;
            if (!e || e === document.body) return null;
            const style = getComputedStyle(e);
            const box = e.getBoundingClientRect();
            const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
            e.dataset.stop ??= Math.random().toString(36).slice(2);
            return { id: e.dataset.stop, seen, html: e.outerHTML.slice(0, 100) };
        }""")
        if stop is None or stop["id"] in {known["id"] for known in stops}:
            break
        stops.append(stop)
        if not stop["seen"]:
            unseen.append(stop["html"])
    return stops, unseen
