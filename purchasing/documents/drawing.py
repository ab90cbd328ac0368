"""Typst, at arm's length: a layout and a sheet of plain texts in, a PDF/UA out.

The texts travel as JSON and are set as they are: Typst reads no markup in them.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

LAYOUTS = Path(__file__).parent / "layouts"
STANDARD: Final = "ua-1"
# How Typst tells which characters no font at hand can show, which PDF/UA forbids to leave out.
MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
STAND_IN = "\N{WHITE SQUARE}"
LATIN_1 = 0xFF
# What stays when little else does: ends of lines, and places to break a long word.
INVISIBLE = "\n\N{ZERO WIDTH SPACE}"


def draw(layout: str, sheet: Mapping[str, Any], *, timestamp: int) -> bytes:
    """Return `sheet` set in `layout` as PDF; `timestamp` (UNIX seconds) makes it repeatable.

    Typst's own fonts hold Latin, Greek, Cyrillic, Hebrew and Arabic. For other scripts the
    machine's fonts are asked; a character that none of them has becomes a square.
    """
    text = json.dumps(sheet)
    try:
        return _compile(layout, text, timestamp, _own_fonts())
    except typst.TypstError as error:
        if not MISSING.search(error.diagnostic):
            raise
    try:
        return _compile(layout, text, timestamp, _installed_fonts())
    except typst.TypstError as error:
        missing = _named_in(error.diagnostic)
    try:
        return _compile(layout, _without(sheet, missing), timestamp, _installed_fonts())
    except typst.TypstError:
        return _compile(layout, _without(sheet, None), timestamp, _own_fonts())


def _compile(layout: str, text: str, timestamp: int, fonts: typst.Fonts) -> bytes:
    drawn: bytes = typst.compile(
        LAYOUTS / f"{layout}.typ",
        root=LAYOUTS,
        font_paths=fonts,
        sys_inputs={"sheet": text},
        pdf_standards=[STANDARD],
        timestamp=timestamp,
    )
    return drawn


@cache
def _own_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


@cache
def _installed_fonts() -> typst.Fonts:
    return typst.Fonts()


def _named_in(diagnostic: str) -> set[str]:
    """Return the characters that Typst names as missing."""
    named = "".join(MISSING.findall(diagnostic))
    return set(ESCAPED.sub(lambda match: chr(int(match[1], 16)), named))


def _without(sheet: Mapping[str, Any], missing: set[str] | None) -> str:
    """Return the sheet as JSON with squares for `missing`, or for all but Latin 1."""

    def shown(character: str) -> str:
        return STAND_IN if is_lost(character) else character

    def is_lost(character: str) -> bool:
        if missing is not None:
            return character in missing
        is_plain = ord(character) <= LATIN_1 and character.isprintable()
        return not is_plain and character not in INVISIBLE

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return "".join(map(shown, value))
        if isinstance(value, Mapping):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(walk(sheet))
