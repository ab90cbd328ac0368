"""A Stripe of the tests' own: it speaks HTTP to the unmodified library and forgets all at the end.

`with FakeStripe() as stripe:` listens on `stripe.url`. People and banks act on it in Python
(`stripe.pay(session)`, `stripe.dispute(intent)`, ...); each act leaves events in `stripe.events`,
which a test sends signed, in any order and as often as it likes.
"""

from .server import FakeStripe
from .world import Refusal, World

__all__ = ["FakeStripe", "Refusal", "World"]
