"""Large exports: asked for by a person, made by a worker, mailed as a link, kept for seven days."""

import logging
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import get_language

from accounts.models import CreditAccount, User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional

from . import emails
from .downloads import REPORTS, Report, file_name_of
from .exceptions import ExportTaken, TooManyExports
from .exports import Table, csv_lines, write_xlsx
from .filter_forms import ReportForm
from .job_models import KEPT
from .models import ExportJob, ExportPart

logger = logging.getLogger(__name__)

OPEN_AT_MOST = 3
ATTEMPTS = 3
# A dead worker's file is taken up within a minute (trust.md 2). While the rows come the lease is
# renewed; a spreadsheet is packed once they are all there, which says nothing for a while.
LEASE = timedelta(seconds=45)
PACKING = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)
NOTE_EVERY = 5_000
PART_SIZE = 1 << 20


@transactional
def ask(
    *, account: CreditAccount, user: User, report: Report, form: ReportForm, ending: str, rows: int
) -> ExportJob:
    """Ask a worker for a file; the same one asked for twice is made once. Raises TooManyExports."""
    locked(account)
    waiting = ExportJob.objects.filter(
        account=account, user=user, state__in=[ExportJob.State.QUEUED, ExportJob.State.RUNNING]
    )
    order: dict[str, Any] = {"report": report.name, "ending": ending, "filters": form.asked()}
    for same in waiting.filter(**order):
        return same
    if waiting.count() >= OPEN_AT_MOST:
        raise TooManyExports
    return ExportJob.objects.create(
        account=account,
        user=user,
        language=get_language() or "",
        filename=file_name_of(report, account, form, ending),
        rows_expected=rows,
        **order,
    )


def make(*, job: ExportJob) -> None:
    """Make the file, if nobody else does; after three failures it is given up."""
    try:
        job = _claimed(job)
    except ExportTaken:
        return
    try:
        with translation.override(job.language or None):
            size = _write(job)
        _finish(job, size)
    except ExportTaken:
        logger.warning("Another worker took export %s over", job.pk)
    except Exception:
        logger.exception("Export %s was not made", job.pk)
        _put_back(job)


def _claimed(job: ExportJob) -> ExportJob:
    """Claim the job by its number of attempts. Raises ExportTaken."""
    mine = ExportJob.objects.due().filter(pk=job.pk, attempts=job.attempts)
    claimed = mine.update(
        state=ExportJob.State.RUNNING,
        attempts=F("attempts") + 1,
        next_try_at=clock.now() + LEASE,
        rows_written=0,
    )
    if not claimed:
        raise ExportTaken
    ExportPart.objects.filter(job=job).delete()
    return ExportJob.objects.select_related("account", "user").get(pk=job.pk)


def _update(job: ExportJob, **values: Any) -> None:
    """Change the job as long as it is ours. Raises ExportTaken."""
    ours = ExportJob.objects.filter(pk=job.pk, attempts=job.attempts, state=ExportJob.State.RUNNING)
    if not ours.update(**values):
        raise ExportTaken


def _write(job: ExportJob) -> int:
    """Write the file in parts, noting the rows; return its size in bytes."""
    report = REPORTS[job.report]
    query = QueryDict(mutable=True)
    query.update(job.filters)
    form = report.form(query, job.account)
    if not form.is_valid():
        raise ValueError(f"filters of export {job.pk}: {form.errors.as_json()}")
    return _keep(job, PIECES[job.ending](report.table(job.account, form), Progress(job)))


class Progress:
    """Notes how many rows are written, and with them that this worker lives."""

    def __init__(self, job: ExportJob) -> None:
        self.job, self.rows, self.noted = job, 0, 0

    def add(self, rows: int) -> None:
        """Count rows that are written. Raises ExportTaken."""
        self.rows += rows
        if self.rows - self.noted >= NOTE_EVERY:
            self.noted = self.rows
            _update(self.job, rows_written=self.rows, next_try_at=clock.now() + LEASE)

    def over(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """Pass rows on and count them, to the end."""
        for row in rows:
            yield row
            self.add(1)
        self.end()

    def end(self) -> None:
        """Note that all rows are there. Raises ExportTaken."""
        lease = clock.now() + PACKING
        _update(self.job, rows_written=self.rows, rows_expected=self.rows, next_try_at=lease)


def _csv_pieces(table: Table, progress: Progress) -> Iterator[bytes]:
    for lines in csv_lines(table):
        yield lines.data
        progress.add(lines.rows)
    progress.end()


def _xlsx_pieces(table: Table, progress: Progress) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_xlsx(replace(table, rows=progress.over(table.rows)), file)
        file.seek(0)
        while piece := file.read(PART_SIZE):
            yield piece


PIECES: dict[str, Callable[[Table, Progress], Iterator[bytes]]] = {
    "csv": _csv_pieces,
    "xlsx": _xlsx_pieces,
}


def _keep(job: ExportJob, pieces: Iterable[bytes]) -> int:
    """Store the pieces as parts of about a megabyte, compressed; return the whole size."""
    size = number = 0
    waiting = b""
    for piece in pieces:
        waiting += piece
        size += len(piece)
        if len(waiting) >= PART_SIZE:
            _add_part(job, number, waiting)
            number, waiting = number + 1, b""
    _add_part(job, number, waiting)
    return size


def _add_part(job: ExportJob, number: int, data: bytes) -> None:
    ExportPart.objects.create(job=job, number=number, data=zlib.compress(data))


def content_of(job: ExportJob) -> Iterator[bytes]:
    """Yield a finished file, part by part."""
    for number in range(job.parts.count()):
        data = job.parts.values_list("data", flat=True).get(number=number)
        yield zlib.decompress(bytes(data))


@transactional
def _finish(job: ExportJob, size: int) -> None:
    """Make the file available and mail its link."""
    _update(job, state=ExportJob.State.DONE, size=size, finished_at=clock.now())
    emails.export_ready(job=job)


def _put_back(job: ExportJob) -> None:
    """Try again a minute later, or give up."""
    again = job.attempts < ATTEMPTS
    ExportJob.objects.filter(pk=job.pk, attempts=job.attempts).update(
        state=ExportJob.State.QUEUED if again else ExportJob.State.FAILED,
        next_try_at=clock.now() + AGAIN_AFTER,
    )


def forget_old() -> int:
    """Delete the files that are older than seven days; return how many jobs went."""
    old = ExportJob.objects.filter(asked_at__lte=clock.now() - KEPT)
    ExportPart.objects.filter(job__in=old).delete()
    return old.delete()[0]
