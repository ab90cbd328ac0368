"""What redemption tells the apps above it, inside the transaction (`.send()`)."""

from django.dispatch import Signal

# A request waits for a decision. Argument: redemption. approvals makes its request and mails.
redemption_submitted = Signal()

# A waiting request ended without a decision: withdrawn, or its class was called off.
# Argument: redemption. approvals closes its request, so that the links say so.
redemption_ended = Signal()

# The class of a waiting request was moved, and with it the decide-by. Argument: redemption.
# approvals tells the approvers.
redemption_moved = Signal()
