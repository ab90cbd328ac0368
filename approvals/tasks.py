"""Wake-ups every minute: requests that lapse and approvers to remind."""

from functools import partial

from celery import shared_task

from credits_portal.lib import clock, rounds
from redemption.exceptions import RedemptionError

from . import services
from .models import REMINDER_HOURS, ApprovalRequest


@shared_task(name="approvals.lapse_due_requests", ignore_result=True)
def lapse_due_requests() -> None:
    """Lapse each open request whose decide-by has passed, one transaction each."""
    # Some may be decided or withdrawn since the list was read.
    due = ApprovalRequest.objects.due(clock.now()).with_facts()
    rounds.each(due, lambda request: services.lapse(request=request), moot=RedemptionError)


@shared_task(name="approvals.remind_approvers", ignore_result=True)
def remind_approvers() -> None:
    """Remind the approvers of what has waited for 24 and 72 hours, one transaction each."""
    # The later step first: whoever is reminded at it is past the earlier one.
    for hours in sorted(REMINDER_HOURS, reverse=True):
        waiting = ApprovalRequest.objects.to_remind(clock.now(), hours).with_facts()
        rounds.each(waiting, partial(services.remind, hours=hours))
