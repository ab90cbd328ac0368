"""Wake-ups of the reports: safe to repeat and to miss."""

from celery import shared_task

from reports import monthly, services
from reports.models import ExportJob


@shared_task(name="reports.make_exports", ignore_result=True)
def make_exports() -> None:
    """Make the files that are due, one after another."""
    while job := ExportJob.objects.due().order_by("next_try_at", "pk").first():
        services.make(job=job)


@shared_task(name="reports.forget_exports", ignore_result=True)
def forget_exports() -> None:
    """Delete the files that are kept no longer."""
    services.forget_old()


@shared_task(name="reports.monthly_statements", ignore_result=True)
def monthly_statements() -> None:
    """Mail the statements of the month that ended last."""
    monthly.send_statements()
