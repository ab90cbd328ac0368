import logging

import pytest

from credits_portal.logs import RedactingFormatter, redact

TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF"  # 43 characters


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"Not Found: /approvals/{TOKEN}/", "Not Found: /approvals/[token]/"),
        ("passkey 7K4M-2Q9X-PZRT-0HJN-5VWB-8CDE-3FGA", "passkey [passkey]"),
        ("passkey 7K4M2Q9XPZRT0HJN5VWB8CDE3FGA", "passkey [passkey]"),
        ("postgres://portal:hunter2@db/portal", "postgres://...@db/portal"),
        ("GET /training/leading-change-for-first-time-managers/", None),
        ("Order TC-2026-000123 of 20,000 credits", None),
    ],
)
def test_secrets_do_not_reach_the_log(said, kept):
    assert redact(said) == (kept or said)


def test_a_traceback_is_redacted_too():
    try:
        raise LookupError(TOKEN)
    except LookupError as error:
        information = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "said", (), information)
    assert "LookupError: [token]" in RedactingFormatter().format(record)
