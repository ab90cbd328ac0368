"""Form fields that take what people type and refuse what no database should hold.

Amounts are read in any script and with thousands separators (rules.md 2). Texts are free of NUL,
lone surrogates and control characters, and on one line of line breaks, which split mail headers.
"""

import re
import unicodedata
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import formats

MAX_CREDITS: Final = 1_000_000
MAX_MONEY: Final = Decimal("99999999.99")
# Longer than any amount with its separators; what is longer is not looked at.
MAX_TYPED: Final = 40

SEPARATORS: Final = ",\uff0c\u066c'\u2019 \u00a0\u2007\u2009\u202f"
WHOLE: Final = re.compile(rf"\d+|\d{{1,3}}(?:[{SEPARATORS}]\d{{2,3}})*[{SEPARATORS}]\d{{3}}")
FRACTION: Final = re.compile(r"(?P<whole>.*?)(?:[.\uff0e\u066b](?P<cents>\d{1,2}))?", re.DOTALL)
CARRIAGE: Final = re.compile(r"\r\n?")
LINE_BREAKS: Final = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")
# Reordering marks make a name read as another.
BIDI: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def whole_number(text: str) -> int | None:
    """Read a whole number of any script, grouped or not; None if it is none."""
    text = text.strip()
    if len(text) > MAX_TYPED or not WHOLE.fullmatch(text):
        return None
    return int("".join(character for character in text if character.isdecimal()))


def clean_text(text: str, *, lines: bool = False) -> str:
    """Return `text` in NFC without control and reordering marks; line breaks stay with `lines`.

    Raises ValidationError for NUL and lone surrogates, which no database takes.
    """
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError(
            _("This text holds a character that cannot be kept. Type it instead of pasting it."),
            code="unstorable",
        )
    breaks, instead = (CARRIAGE, "\n") if lines else (LINE_BREAKS, " ")
    text = BIDI.sub("", breaks.sub(instead, text))
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", text)


class CleanCharField(forms.CharField):
    """A text fit to be kept, mailed and printed; `lines=True` keeps its line breaks."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        kwargs.setdefault("max_length", 2000 if lines else 200)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str | None:
        """Clean, then strip."""
        if value not in self.empty_values:
            value = clean_text(str(value), lines=self.lines)
        return super().to_python(value)


class EmailField(forms.EmailField):
    """An email address in lower case, as the portal compares and keeps them."""

    default_error_messages = {
        "required": _("Enter an email address, such as name@example.com."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        self.error_messages.setdefault("invalid", self.default_error_messages["required"])
        self.widget.attrs.setdefault("autocomplete", "email")
        self.widget.attrs.setdefault("autocapitalize", "none")
        self.widget.attrs.setdefault("spellcheck", "false")

    def to_python(self, value: Any) -> str | None:
        """Clean, strip, lower."""
        if value not in self.empty_values:
            value = clean_text(str(value)).lower()
        return super().to_python(value)


class CreditsField(forms.Field):
    """A whole number of credits: "18,000", " 18 000 ", other scripts' digits; cleans to int."""

    widget = forms.TextInput

    def __init__(self, *, maximum: int = MAX_CREDITS, **kwargs: Any) -> None:
        self.maximum = maximum
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "numeric")
        self.widget.attrs.setdefault("autocomplete", "off")

    def accepted(self) -> ValidationError:
        """Return the error that says what is accepted."""
        return ValidationError(
            _("Enter a whole number of credits from 1 to %(maximum)s, such as %(example)s."),
            code="credits",
            params={
                "maximum": formats.number(self.maximum),
                "example": formats.number(min(20_000, self.maximum)),
            },
        )

    def validate(self, value: Any) -> None:
        """Refuse nothing typed with the words of every other refusal."""
        if value is None and self.required:
            raise self.accepted()

    def to_python(self, value: Any) -> int | None:
        """Return the number read, or None for nothing typed."""
        text = str(value if value is not None else "")
        if not text.strip():
            return None
        amount = whole_number(text)
        if amount is None or not 1 <= amount <= self.maximum:
            raise self.accepted()
        return amount

    def prepare_value(self, value: Any) -> Any:
        """Show a number with its separators, and what was typed as it was typed."""
        return formats.number(value) if isinstance(value, int) else value


class MoneyField(forms.Field):
    """An amount of money with at most two decimals: "$16,000.00"; cleans to Decimal."""

    widget = forms.TextInput

    def __init__(self, *, maximum: Decimal = MAX_MONEY, **kwargs: Any) -> None:
        self.maximum = maximum
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")
        self.widget.attrs.setdefault("autocomplete", "off")

    def accepted(self) -> ValidationError:
        """Return the error that says what is accepted."""
        return ValidationError(
            _("Enter an amount from 0.01 to %(maximum)s, such as 16,000.00."),
            code="money",
            params={"maximum": formats.money(self.maximum)},
        )

    def validate(self, value: Any) -> None:
        """Refuse nothing typed with the words of every other refusal."""
        if value is None and self.required:
            raise self.accepted()

    def to_python(self, value: Any) -> Decimal | None:
        """Return the amount read, or None for nothing typed."""
        text = str(value if value is not None else "").strip().removeprefix("$").strip()
        if not text:
            return None
        parts = FRACTION.fullmatch(text[: MAX_TYPED + 1])
        whole = whole_number(parts["whole"]) if parts else None
        if parts is None or whole is None:
            raise self.accepted()
        cents = "".join(str(int(digit)) for digit in (parts["cents"] or "").ljust(2, "0"))
        amount = Decimal(f"{whole}.{cents}")
        if not 0 < amount <= self.maximum:
            raise self.accepted()
        return amount

    def prepare_value(self, value: Any) -> Any:
        """Show an amount with its separators, and what was typed as it was typed."""
        return formats.money(value) if isinstance(value, Decimal) else value


class DayInput(forms.DateInput):
    """The browser's own input of a day, which can show nothing but a day."""

    input_type = "date"
    written = "%Y-%m-%d"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=self.written, **kwargs)

    def format_value(self, value: Any) -> str | None:
        """Leave out what is none: browsers drop it, and complain."""
        text = super().format_value(value)
        try:
            datetime.strptime(text or "", self.written)  # noqa: DTZ007 (only whether it can be read)
        except ValueError:
            return None
        return text


class MonthInput(DayInput):
    """The browser's own input of a month."""

    input_type = "month"
    written = "%Y-%m"


class KeyField(forms.UUIDField):
    """The hidden idempotency key of a form that spends or buys; made with the blank form."""

    widget = forms.HiddenInput
    default_error_messages = {
        "required": _("This form has grown old. Open it again and send it once more."),
        "invalid": _("This form has grown old. Open it again and send it once more."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", uuid.uuid4)
        super().__init__(**kwargs)
