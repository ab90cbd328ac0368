"""The tests' own ground: a transactional test leaves the database as the migrations made it."""

import pytest
from django.contrib.auth.models import Group

from purchasing.models import PriceList


@pytest.mark.parametrize("turn", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_what_migrations_put_is_there_after_a_flush(turn):
    assert PriceList.objects.exists()
    assert Group.objects.get(name="Finance").permissions.exists()
    PriceList.objects.all().delete()
    Group.objects.all().delete()
