"""The programme's colour as a stylesheet: readable in the light and in the dark, whatever it is."""

import hashlib
import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# The darkest light ground and the lightest dark ground that coloured text stands on (portal.css).
LIGHT_GROUND = "#eef1f5"
DARK_GROUND = "#232b35"
# WCAG asks for 4.5; the rest is room for tints.
CONTRAST = 4.8
STEPS = 50
# From here on sRGB is a power curve, below it a straight line.
LINEAR_UP_TO = 0.04045


@dataclass(frozen=True)
class Colour:
    """An sRGB colour, channels 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> "Colour":
        """Read `#rrggbb`. Raises ImproperlyConfigured, naming PORTAL_COLOUR."""
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ImproperlyConfigured(f"PORTAL_COLOUR is no colour like #0b5cad: {text!r}.")
        return cls(*bytes.fromhex(text[1:]))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance as WCAG defines it, 0 to 1."""
        linear = [
            channel / 12.92 if channel <= LINEAR_UP_TO else ((channel + 0.055) / 1.055) ** 2.4
            for channel in (self.red / 255, self.green / 255, self.blue / 255)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(self, other: "Colour") -> float:
        """Contrast ratio as WCAG defines it, 1 to 21."""
        bright, dim = sorted((self.luminance, other.luminance), reverse=True)
        return (bright + 0.05) / (dim + 0.05)

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """Return this colour with `share` (0 to 1) of the other."""
        return Colour(
            round(self.red + (other.red - self.red) * share),
            round(self.green + (other.green - self.green) * share),
            round(self.blue + (other.blue - self.blue) * share),
        )


BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)
INK = Colour(11, 15, 20)


def readable_on(ground: Colour, colour: Colour) -> Colour:
    """Return `colour`, moved towards black or white until it reads well on `ground`."""
    goal = BLACK if ground.contrast(BLACK) > ground.contrast(WHITE) else WHITE
    shades = (colour.mixed(goal, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if shade.contrast(ground) >= CONTRAST)


def text_on(colour: Colour) -> Colour:
    """Return the better of white and ink for text on `colour`."""
    return max(WHITE, INK, key=colour.contrast)


def css() -> str:
    """Return the tokens that follow from PORTAL_COLOUR, for both themes."""
    colour = Colour.parse(settings.PORTAL_COLOUR)
    light = readable_on(Colour.parse(LIGHT_GROUND), colour)
    dark = readable_on(Colour.parse(DARK_GROUND), colour)
    return (
        f":root{{--accent:{light};--on-accent:{text_on(light)}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{--accent:{dark};--on-accent:{text_on(dark)}}}}}\n"
    )


def url() -> str:
    """Return the stylesheet's address; it changes with the colour, so that caches may keep it."""
    version = hashlib.sha256(css().encode()).hexdigest()[:8]
    return reverse("theme", args=[version])


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def stylesheet(request: HttpRequest, version: str) -> HttpResponse:  # noqa: ARG001 - for caches
    """Serve the programme's colour."""
    return HttpResponse(css(), content_type="text/css; charset=utf-8")
