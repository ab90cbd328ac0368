"""How many examples a property test takes where each is a long history: a third of the profile's."""

from hypothesis import settings

LONG_HISTORIES = settings(max_examples=max(15, settings.default.max_examples // 3))
