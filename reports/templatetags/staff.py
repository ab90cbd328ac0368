"""What the administration's first page shows besides its lists."""

from django import template

from accounts.models import User
from reports import staff_queries

register = template.Library()


@register.simple_tag
def waiting_for(user: User) -> list[tuple[str, str]]:
    """Return what waits for this member of staff, each with where it is done."""
    return staff_queries.waiting_for(user)
