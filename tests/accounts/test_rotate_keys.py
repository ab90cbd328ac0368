import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from accounts import passkeys
from tests.factories.accounts import CreditAccountFactory

pytestmark = pytest.mark.django_db


def test_the_command_moves_passkeys_and_says_how_many(settings, capsys):
    passkeys.ensure(account=CreditAccountFactory())
    settings.PASSKEY_KEYS = [Fernet.generate_key().decode(), *settings.PASSKEY_KEYS]
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith("1 passkeys moved to the newest key.\n")


def test_repeating_the_command_moves_nothing(settings, capsys):
    passkeys.ensure(account=CreditAccountFactory())
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith("0 passkeys moved to the newest key.\n")
