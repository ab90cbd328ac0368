"""One page of a list, as `?page=` asks; any other value is not found."""

from typing import TypeVar

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

Row = TypeVar("Row", bound=Model)

PER_PAGE = 25
MAX_DIGITS = 9


def page_number(request: HttpRequest) -> int:
    """Return the number of the page that the request names, 1 if none; else raise Http404."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else 0
    if number < 1:
        raise Http404("page")
    return number


def page_of(request: HttpRequest, rows: QuerySet[Row], *, per_page: int = PER_PAGE) -> Page[Row]:
    """Return the page of `rows` that the request names, the first by default; else raise 404."""
    try:
        return Paginator(rows, per_page).page(page_number(request))
    except InvalidPage as error:
        raise Http404("page") from error
