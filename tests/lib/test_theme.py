"""The programme's colour stays readable, whatever it is (docs/design-system.md, scorecard 17)."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from credits_portal.lib import theme
from credits_portal.lib.theme import Colour

CHANNEL = st.integers(0, 255)
COLOURS = st.builds(Colour, CHANNEL, CHANNEL, CHANNEL)


def test_contrast_is_that_of_wcag():
    assert theme.WHITE.contrast(theme.BLACK) == pytest.approx(21)
    assert Colour.parse("#777777").contrast(theme.WHITE) == pytest.approx(4.48, abs=0.01)


@given(colour=COLOURS, ground=st.sampled_from([theme.LIGHT_GROUND, theme.DARK_GROUND]))
def test_any_colour_is_made_readable_on_both_grounds(colour, ground):
    ground = Colour.parse(ground)
    assert theme.readable_on(ground, colour).contrast(ground) >= 4.5


@given(colour=COLOURS, ground=st.sampled_from([theme.LIGHT_GROUND, theme.DARK_GROUND]))
def test_the_text_on_a_button_of_any_colour_is_readable(colour, ground):
    button = theme.readable_on(Colour.parse(ground), colour)
    assert theme.text_on(button).contrast(button) >= 4.5


def test_a_colour_that_reads_well_is_kept():
    colour = Colour.parse("#0b5cad")
    assert theme.readable_on(Colour.parse(theme.LIGHT_GROUND), colour) == colour


@pytest.mark.parametrize("text", ["", "blue", "#fff", "#12345g", "#0b5cad;}"])
def test_what_is_no_colour_stops_the_start_and_names_the_setting(text):
    with pytest.raises(ImproperlyConfigured, match="PORTAL_COLOUR"):
        Colour.parse(text)


def test_the_stylesheet_is_served_to_be_kept(client):
    answer = client.get(theme.url())
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert re.search(r"--accent:#[0-9a-f]{6}", answer.text)


def test_the_stylesheets_address_changes_with_the_colour(settings):
    before = theme.url()
    settings.PORTAL_COLOUR = "#7a1fa2"
    assert theme.url() != before


def test_the_grounds_are_those_of_the_stylesheet(settings):
    css = (settings.BASE_DIR / "static/portal.css").read_text()
    assert re.findall(r"--raised: (#\w+);", css) == [theme.LIGHT_GROUND, theme.DARK_GROUND]


@pytest.mark.parametrize("name", ["text", "quiet", "ok", "wait", "stop"])
@pytest.mark.parametrize("dark", [0, 1])
def test_every_colour_of_text_reads_on_every_ground(name, dark, settings):
    css = (settings.BASE_DIR / "static/portal.css").read_text()
    colour = Colour.parse(re.findall(rf"--{name}: (#\w+);", css)[dark])
    grounds = [
        Colour.parse(re.findall(rf"--{ground}: (#\w+);", css)[dark])
        for ground in ("ground", "surface", "raised")
    ]
    assert min(map(colour.contrast, grounds)) >= 4.5
