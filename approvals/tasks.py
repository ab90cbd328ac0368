"""Wake-ups every minute: requests that lapse and approvers to remind."""

import logging

from celery import shared_task

from credits_portal.lib import clock
from redemption.exceptions import RedemptionError

from . import services
from .models import ApprovalRequest

logger = logging.getLogger(__name__)


@shared_task(name="approvals.lapse_due_requests", ignore_result=True)
def lapse_due_requests() -> None:
    """Lapse each open request whose decide-by has passed, one transaction each."""
    for request in ApprovalRequest.objects.due(clock.now()).with_facts():
        try:
            services.lapse(request=request)
        except RedemptionError:
            # Decided or withdrawn since the list was read; the next run sees what is left.
            logger.info("Request %s was no longer waiting.", request.pk)


@shared_task(name="approvals.remind_approvers", ignore_result=True)
def remind_approvers() -> None:
    """Remind the approvers of what has waited for 24 and 72 hours, one transaction each."""
    for request, hours in services.due_reminders():
        services.remind(request=request, hours=hours)
