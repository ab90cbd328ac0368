"""Somebody at a browser, by mouse or by keyboard alone; what they do is counted."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

PATIENCE = 15_000  # milliseconds for a page, or for what it says
MOST_STOPS = 150  # of the Tab key, before a target counts as out of reach

HAS_FOCUS = "e => e === document.activeElement"
FOCUS_IS_SEEN = """e => {
    const seen = (each) => {
        const style = getComputedStyle(each);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
            || style.boxShadow !== "none";
    };
    const box = e.getBoundingClientRect();
    return (seen(e) || e.closest("label") && seen(e.closest("label")))
        && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
}"""


class Visitor:
    """A person: clicks, own fields filled in and pages seen are counted from the start."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.fields = 0
        self.pages: list[str] = []
        page.on("framenavigated", self._note)

    def _note(self, frame):
        if frame == self.page.main_frame and frame.url != "about:blank":
            self.pages.append(urlsplit(frame.url).path)

    def starts_counting(self):
        """Count from here: the page that is open is the first."""
        self.clicks = self.fields = 0
        self.pages = [urlsplit(self.page.url).path]

    def pages_until(self, start):
        """Return how many pages were seen before the first whose path begins with `start`."""
        return next(n for n, path in enumerate(self.pages) if path.startswith(start))

    def opens(self, address, *, status=200):
        """Go to a path, or to a whole address out of a mail; it answers as told."""
        answer = self.page.goto(address)
        assert answer.status == status, f"{address} answers {answer.status}"

    def presses(self, name):
        """Press the button of this name; wait for the page that answers."""
        self.clicks += 1
        with self.page.expect_navigation():
            self._activate(self.page.get_by_role("button", name=name, exact=True))

    def adds(self, name, group):
        """Press the button that adds a group of fields, in place or by a new page; wait for it."""
        self.clicks += 1
        groups = self.page.get_by_role("group", name=group)
        before = groups.count()
        self._activate(self.page.get_by_role("button", name=name, exact=True))
        expect(groups).to_have_count(before + 1)

    def follows(self, name):
        """Follow the first link of this name; wait for its page."""
        self.clicks += 1
        with self.page.expect_navigation():
            self._activate(self.page.get_by_role("link", name=name).first)

    def downloads(self, name):
        """Follow a link to a file; return the file's text."""
        self.clicks += 1
        with self.page.expect_download() as coming:
            self._activate(self.page.get_by_role("link", name=name).first)
        return Path(coming.value.path()).read_text()

    def unfolds(self, text):
        """Open what is folded away."""
        self.clicks += 1
        self._activate(self.page.locator("summary", has_text=text).first)

    def fills(self, label, text):
        """Fill in the text field of this label."""
        self.fields += 1
        self._type(self._field(label), text)

    def fills_last(self, label, text):
        """Fill in the last of several fields of this label."""
        self.fields += 1
        self._type(self._field(label).last, text)

    def chooses(self, label, option):
        """Choose an option of a select by the text it shows."""
        self.fields += 1
        self._choose(self.page.get_by_label(label), option)

    def ticks(self, label):
        """Turn on a box or a choice."""
        self.fields += 1
        self._turn(self.page.get_by_label(label), on=True)

    def unticks(self, label):
        """Turn off a box."""
        self.fields += 1
        self._turn(self.page.get_by_label(label), on=False)

    def sees(self, *texts):
        """Wait until the page's content says each of these."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text, timeout=PATIENCE)

    def sees_not(self, text):
        """Check that the page's content does not say this."""
        expect(self.page.locator("main")).not_to_contain_text(text, timeout=PATIENCE)

    def sees_heading(self, text):
        """Wait until the page's one heading says this."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(
            re.compile(text), timeout=PATIENCE
        )

    def offered(self, name):
        """Tell whether there is a button or a link of this name."""
        roles = [self.page.get_by_role(role, name=name) for role in ("button", "link")]
        return any(found.count() for found in roles)

    def _field(self, label: str) -> Locator:
        """Return the fields whose label begins so: "(optional)" or a colon may follow."""
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}"))

    def _activate(self, target: Locator) -> None:
        target.click()

    def _type(self, target: Locator, text: str) -> None:
        target.fill(text)

    def _choose(self, target: Locator, option: str) -> None:
        target.select_option(label=option)

    def _turn(self, target: Locator, *, on: bool) -> None:
        target.set_checked(on)


class KeyboardVisitor(Visitor):
    """Somebody without a mouse; where the focus stands must be seen at every target."""

    def _activate(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def _type(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _choose(self, target: Locator, option: str) -> None:
        self._reach(target)
        self.page.keyboard.type(option)
        expect(target.locator("option:checked")).to_have_text(option)

    def _turn(self, target: Locator, *, on: bool) -> None:
        if target.is_checked() == on:
            return
        if target.get_attribute("type") == "radio":
            self._reach_radio(target)
        else:
            self._reach(target)
        if target.is_checked() != on:
            self.page.keyboard.press("Space")
        expect(target).to_be_checked(checked=on)

    def _reach(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            if target.evaluate(HAS_FOCUS):
                assert target.evaluate(FOCUS_IS_SEEN), f"focus unseen at {target}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by keyboard")

    def _reach_radio(self, target: Locator) -> None:
        """Tab to the group, then go through it by arrows."""
        name = target.get_attribute("name")
        for _ in range(MOST_STOPS):
            if self.page.evaluate("document.activeElement.name") == name:
                break
            self.page.keyboard.press("Tab")
        for _ in range(MOST_STOPS):
            if target.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{target} cannot be reached by keyboard")
