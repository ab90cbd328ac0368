"""The mails of the reports: a file that is ready, the statement of a month."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse

from accounts.models import CreditAccount, Posting
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Attachment, Content, builds
from credits_portal.outbox.services import queue

from . import expiry, flows, statement, subscriptions
from .exports import csv_chunks, file_name
from .models import ExportJob
from .periods import Period, month_name, month_of
from .statement_rows import statement_table

# A longer statement is not attached: the mail tells where it can be had.
ROWS_ATTACHED = 20_000


def export_ready(*, job: ExportJob) -> None:
    """Tell the person that their file can be fetched."""
    queue(
        name="reports.export_ready",
        recipient=job.user.email,
        key=f"export:{job.pk}:ready",
        params={"job": job.pk},
        language=job.language,
        about=f"account:{job.account_id}",
        give_up_at=job.kept_until,
    )


@builds("reports.export_ready")
def build_export_ready(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the mail with the link, which asks its reader to sign in."""
    job = ExportJob.objects.select_related("account").get(pk=params["job"])
    path = reverse("reports:file", args=[job.account.public_id, job.file_id])
    return Content(template="reports/export_ready", context={"job": job, "url": absolute(path)})


def monthly_statement(*, account: CreditAccount, month: date, recipient: str) -> None:
    """Mail the statement of a month, once."""
    queue(
        name="reports.monthly_statement",
        recipient=recipient,
        key=f"account:{account.pk}:statement:{month:%Y-%m}",
        params={"account": account.pk, "month": month.isoformat()},
        language=account.owner.language if recipient == account.owner.email else "",
        about=f"account:{account.pk}",
    )


@builds("reports.monthly_statement")
def build_monthly_statement(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the statement: what the month brought and took, what expires next, the bookings."""
    account = CreditAccount.objects.get(pk=params["account"])
    period = month_of(date.fromisoformat(params["month"]))
    path = reverse("reports:statement", args=[account.public_id])
    attachments = _bookings(account, period)
    context = {
        "account": account,
        "month": month_name(period.first_day),
        "flow": flows.total(flows.monthly(account, period)),
        "ladder": expiry.ladder(account),
        "is_attached": bool(attachments),
        "url": absolute(f"{path}?since={period.first}&until={period.last}"),
    }
    return Content(
        template="reports/monthly_statement",
        context=context,
        attachments=attachments,
        unsubscribe_url=subscriptions.stop_url(account, recipient),
    )


def _bookings(account: CreditAccount, period: Period) -> list[Attachment]:
    """Return the month's bookings as CSV; nothing where there are none, or too many."""
    filters = statement.Filters(period)
    entries = statement.entries(account, filters).order_by()
    rows = Posting.objects.filter(entry__in=entries.values("pk")).count()
    if not 0 < rows <= ROWS_ATTACHED:
        return []
    content = b"".join(csv_chunks(statement_table(account, filters)))
    name = file_name(account.name, "statement", period.first, period.last, ending="csv")
    return [Attachment(filename=name, content=content, mimetype="text/csv")]
