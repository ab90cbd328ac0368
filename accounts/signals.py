"""What higher apps hear of accounts, sent inside the transaction."""

from django.dispatch import Signal

# delegate: approvals gives the new approver a link for every pending request.
delegate_accepted = Signal()
# delegate: approvals ends the links of somebody who lost the right to decide.
delegate_removed = Signal()
# passkey (the new one): nobody needs to listen; pending requests survive (rules.md 4).
passkey_replaced = Signal()
# account, former (the user who owned it): approvals moves the open requests to the new owner.
owner_changed = Signal()
# account (its id), returning ({lot id: credits} about to come back): purchasing answers, in the
# same shape, what it would withdraw again at once (rules.md 7.4). Asked before a click.
credits_may_return = Signal()
