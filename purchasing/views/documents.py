"""The papers of an order as PDF: for its owner, and by secret link for the accounts department."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from purchasing.documents import render_pdf
from purchasing.models import Document, Order

from .orders import owned_order


@login_required
@never_cache
@require_safe
def document(request: HttpRequest, number: str, paper: str) -> HttpResponse:
    """Give the owner a paper of the order."""
    return _as_file(owned_order(request, number), paper)


@never_cache
@require_safe
def shared_document(_request: HttpRequest, token: str, paper: str) -> HttpResponse:
    """Give the accounts department a paper, by the order's secret link."""
    order = Order.objects.for_token(token)
    if order is None:
        raise Http404
    return _as_file(order, paper)


def as_response(document: Document) -> HttpResponse:
    """Return the paper as a file to keep."""
    response = HttpResponse(render_pdf(document), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{document.number}.pdf"'
    return response


def _as_file(order: Order, number: str) -> HttpResponse:
    papers = order.documents.select_related("order")
    return as_response(get_object_or_404(papers, number=number))
