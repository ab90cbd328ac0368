"""Customers whom staff serve before they have ever signed in."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import User


def customer_by_email(*, email: str, name: str) -> User:
    """Return the user of that address, or a new one without a password.

    The first code that is mailed signs the new one in and shows the address to be theirs.
    """
    customer, is_new = User.objects.get_or_create(
        email=email, defaults={"name": name, "password": make_password(None)}
    )
    if is_new:
        EmailAddress.objects.create(user=customer, email=email, primary=True, verified=False)
    return customer
