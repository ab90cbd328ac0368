"""How prices are shown."""

from django import template

from credits_portal.lib import formats

register = template.Library()

register.filter("unit_price", formats.unit_price)
