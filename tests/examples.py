"""How many examples a test of long histories takes: a third of those of the profile."""

from hypothesis import settings

LONG_HISTORIES = settings(max_examples=max(15, settings.default.max_examples // 3))
