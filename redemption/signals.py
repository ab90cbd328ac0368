"""What redemption tells the apps above it, inside the transaction (`.send()`)."""

from django.dispatch import Signal

# A request waits for a decision. Argument: redemption. approvals makes its request and mails.
redemption_submitted = Signal()

# A waiting request has ended: confirmed, declined, lapsed, withdrawn, or its class was called off.
# Arguments: redemption, actor. approvals closes its request, if it is open still, so that the
# links say so.
redemption_ended = Signal()

# The class of a waiting request was moved, and with it the decide-by. Argument: redemption.
# approvals tells the approvers.
redemption_moved = Signal()
