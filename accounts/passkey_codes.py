"""The text of a training passkey: 27 random characters of Crockford's base32 and one check.

The check is a weighted sum over GF(32) in which every place has a weight of its own, so that one
wrong character and any two exchanged ones are always noticed: a typing error is told apart from
a guess without asking the database.
"""

import secrets
import unicodedata

from .exceptions import PasskeyRefused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
LOOKALIKES = str.maketrans("OIL", "011")
RANDOM_LENGTH = 27
LENGTH = RANDOM_LENGTH + 1
GROUP = 4
# Room for separators of any kind; whatever is longer was not typed by a person.
LONGEST_TEXT = 200
# x^5 + x^2 + 1, a primitive polynomial: doubling runs through all 31 values before it repeats.
POLYNOMIAL = 0b100101
SEPARATORS = {"Pd", "Zs", "Cf"}
MINUS = "\N{MINUS SIGN}"


def generate() -> str:
    """Return a new code of 135 random bits, without dashes."""
    return with_check("".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))


def with_check(characters: str) -> str:
    """Return the code of 27 given characters: the check brings the weighted sum to 0."""
    return characters + ALPHABET[_doubled(_weighted_sum(characters))]


def parse(text: str) -> str:
    """Return the code that a person typed or pasted as `text` (rules.md 4).

    Raises PasskeyRefused: typing_error for letters and digits that are no code, unknown for
    what nobody types.
    """
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise PasskeyRefused(PasskeyRefused.UNKNOWN)
    code = "".join(character for character in text if not _is_separator(character))
    if not (code.isascii() and code.isalnum()):
        raise PasskeyRefused(PasskeyRefused.UNKNOWN)
    code = code.upper().translate(LOOKALIKES)
    if not _is_well_formed(code):
        raise PasskeyRefused(PasskeyRefused.TYPING_ERROR)
    return code


def grouped(code: str) -> str:
    """Return `code` as people see it: 7K4M-..., groups of four."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _is_separator(character: str) -> bool:
    return (
        character.isspace() or character == MINUS or unicodedata.category(character) in SEPARATORS
    )


def _is_well_formed(code: str) -> bool:
    return len(code) == LENGTH and VALUES.keys() >= set(code) and _weighted_sum(code) == 0


def _weighted_sum(code: str) -> int:
    """Return the sum of the characters, each doubled once per place from the right."""
    total = 0
    for character in code:
        total = _doubled(total) ^ VALUES[character]
    return total


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ POLYNOMIAL if value >= len(ALPHABET) else value
