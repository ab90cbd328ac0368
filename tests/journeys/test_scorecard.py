"""The scorecard (docs/design-system.md), measured in Chromium on every screen in every state."""

from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from accounts.ledger import guards
from tests import browser
from tests.journeys import world as worlds
from tests.journeys.screens import EVERY

# The mark for the database also has it made: the module's fixture alone would meet another one.
# On one engine: how a page looks does not depend on it.
pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.sqlite]

KILO = 1024


PEOPLE = ["owner", "newcomer", "staff"]


@dataclass
class Site:
    """A running portal and what is in it. The screens share it, since they only look."""

    url: str
    world: worlds.World
    cookies: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        world = worlds.build()
        cookies = {name: browser.session(server.url, getattr(world, name)) for name in PEOPLE}
        yield Site(server.url, world, cookies)
        server.stop()
        with guards.lifted():
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(params=EVERY, ids=lambda screen: screen.name)
def visit(request, site, page, settings):
    """Return a function that shows the screen at a width, light or dark, and tells its traffic."""
    screen = request.param
    settings.DEBUG = screen.debug
    if screen.person:
        page.context.add_cookies([site.cookies[screen.person]])

    def visit(width=360, scheme="light"):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        traffic = browser.Traffic(page)
        answer = page.goto(site.url + screen.address(site.world))
        assert answer.status == screen.status
        if screen.act:
            screen.act(page, site.world)
            page.wait_for_load_state()
        return traffic

    return visit


def test_a_screen_passes_the_scorecard(visit, page, site):
    """All finds of a screen are told at once, by what was measured."""
    finds = {}
    for width, scheme in browser.SCREENS:
        traffic = visit(width, scheme)
        finds[f"axe at {width} px, {scheme}"] = browser.violations(page)
    finds["not from here"] = traffic.foreign(site.url)
    finds["the browser complains"] = traffic.complaints
    finds["focus unseen"] = browser.tab_through(page)[1]
    finds["weight"] = weight(visit())
    finds["targets"] = browser.small_targets(page)
    finds["headings and buttons"] = headings(page)
    for width in (360, 320):  # 320 px is also what 1280 px are at 400 % zoom
        page.set_viewport_size({"width": width, "height": 800})
        finds[f"sideways at {width} px"] = browser.overflow(page)
    assert {what: found for what, found in finds.items() if found} == {}


def weight(traffic):
    """Return what is heavier, compressed, than scorecard 15 allows."""
    figures = {
        "page": (traffic.page_weight(), 40 * KILO),
        "styles and scripts": (traffic.weight("stylesheet", "script"), 20 * KILO),
        "requests": (len({answer.url for answer in traffic.answers}), 8),
    }
    return [f"{name}: {is_} > {most}" for name, (is_, most) in figures.items() if is_ > most]


def headings(page):
    """Return what is not one heading, or more than one primary button."""
    primary = page.locator("main .button:not(.secondary, .danger):visible").count()
    figures = {"h1": page.locator("h1").count() - 1, "primary": max(0, primary - 1)}
    return [f"{name}: {more} too many" for name, more in figures.items() if more]


def test_a_printed_report_has_no_navigation(page, site):
    page.context.add_cookies([site.cookies["owner"]])
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(site.url + f"/accounts/{site.world.account.public_id}/reports/")
    assert page.locator("nav:visible, header.site:visible, footer.site:visible").count() == 0


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("reports_accountoverview_change", "account"),
        ("accounts_creditaccount_change", "account"),
        ("redemption_trainingsession_change", "session"),
        ("redemption_trainingsession_attendance", "session"),
        ("redemption_redemption_change", "confirmed"),
    ],
)
def test_a_page_of_the_administration_does_not_scroll_sideways(page, site, name, thing):
    page.context.add_cookies([site.cookies["staff"]])
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(site.url + reverse(f"admin:{name}", args=[getattr(site.world, thing).pk]))
    assert browser.overflow(page) == []


@pytest.mark.parametrize(("scripts", "buttons"), [(False, []), (True, ["Copy"] * 2)])
def test_a_button_that_needs_a_script_is_shown_by_one(new_context, site, scripts, buttons):
    context = new_context(java_script_enabled=scripts)
    context.add_cookies([site.cookies["owner"]])
    page = context.new_page()
    page.goto(site.url + reverse("accounts:passkey", args=[site.world.account.public_id]))
    page.get_by_role("button", name="Show the passkey").click()
    page.get_by_role("heading", name="Message for the team").wait_for()
    shown = page.locator("main button[data-copy]:visible").all_inner_texts()
    assert [label.split()[0] for label in shown] == buttons


def test_an_amount_that_is_none_is_explained_while_one_types(page, site):
    explained = page.get_by_text("Enter a whole number of credits from 1 to 1,000,000")
    page.goto(site.url)
    page.get_by_label("How many credits?").fill("18.000")
    explained.wait_for()
    page.get_by_role("button", name="Show the price").click()
    page.get_by_role("alert").wait_for()
    assert explained.locator("visible=true").count() == 2  # in the summary and at the field
