"""What an owner or a delegate does with a request, without a password."""


def opens_link(approver, post, email, kind="approvals.needed", status=200):
    """Open the link of the mail that asks for a decision: the first click."""
    approver.opens(post.last(email, kind).link("/approvals/"), status=status)
    approver.starts_counting()
    approver.clicks = 1


def declines(approver, reason):
    """Decline with a reason, from the decision page."""
    approver.unfolds("Decline")
    approver.fills("Reason", reason)
    approver.presses("Decline and tell the registrant")
