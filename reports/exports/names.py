"""Names of exported files: they tell the account, the report and the range."""

from datetime import date

from django.utils.text import slugify


def file_name(*parts: str | date | None, ending: str) -> str:
    """Return `acme-statement-2026-01-01-2026-03-31.csv` of the parts that are there."""
    texts = [part.isoformat() if isinstance(part, date) else slugify(part or "") for part in parts]
    return f"{'-'.join(text for text in texts if text) or 'export'}.{ending}"
