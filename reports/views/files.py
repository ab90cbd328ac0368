"""Large exports: asked for, watched, fetched; each by the one person who asked."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in, visible_account
from reports import services
from reports.downloads import REPORTS
from reports.exceptions import ReportsError
from reports.exports import CONTENT_TYPES
from reports.models import ExportJob


@never_cache
@login_required
@require_safe
def files(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the large files that the person has asked for, with how far they are."""
    account = visible_account(request, public_id)
    jobs = list(ExportJob.objects.visible_to(signed_in(request), account))
    context = {"account": account, "jobs": jobs, "is_waiting": any(job.is_open for job in jobs)}
    return render(request, "reports/files.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def large(request: HttpRequest, public_id: str, name: str, ending: str) -> HttpResponse:
    """Say that the file is large; a POST asks a worker for it."""
    account = visible_account(request, public_id)
    report = REPORTS.get(name)
    if report is None or ending not in CONTENT_TYPES:
        raise Http404("report")
    form = report.form(request.GET, account)
    if not form.is_valid():
        return redirect(f"{report.url(account)}?{request.GET.urlencode()}")
    rows = report.rows(account, form)
    if request.method == "POST":
        try:
            services.ask(
                account=account,
                user=signed_in(request),
                report=report,
                form=form,
                ending=ending,
                rows=rows,
            )
        except ReportsError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The file is being made. You get a mail with its link."))
        return redirect("reports:files", account.public_id)
    context = {
        "account": account,
        "report": report,
        "rows": rows,
        "ending": ending.upper(),
        "back": f"{report.url(account)}{form.address}",
    }
    return render(request, "reports/large.html", context)


@never_cache
@login_required
@require_safe
def fetch(request: HttpRequest, public_id: str, file_id: str) -> HttpResponseBase:
    """Send a finished file to the person who asked for it, for seven days."""
    account = visible_account(request, public_id)
    if not file_id.isalnum():
        raise Http404("file")
    job = get_object_or_404(
        ExportJob.objects.visible_to(signed_in(request), account), file_id=file_id
    )
    if not job.is_done:
        return redirect(reverse("reports:files", args=[account.public_id]))
    response = StreamingHttpResponse(
        services.content_of(job), content_type=CONTENT_TYPES[job.ending]
    )
    response["Content-Disposition"] = f'attachment; filename="{job.filename}"'
    response["Content-Length"] = str(job.size)
    return response
