import pytest
from cryptography.fernet import Fernet

from accounts import passkeys
from accounts.exceptions import NotTheOwner, PasskeyRefused, TooManyGuesses
from accounts.models import Passkey, User
from accounts.passkey_codes import generate
from accounts.services import freeze, open_account
from accounts.signals import passkey_replaced
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail

pytestmark = pytest.mark.django_db

SOURCE = "192.0.2.7"


@pytest.fixture
def owner():
    return User.objects.create_user("olive@example.com", name="Olive Owner")


@pytest.fixture
def account(owner):
    return open_account(owner=owner, name="Acme")


@pytest.fixture
def passkey(account):
    return passkeys.ensure(account=account)[0]


def refusal_of(function, *arguments, **named):
    with pytest.raises(PasskeyRefused) as refusal:
        function(*arguments, **named)
    return refusal.value


def guess(times, source=SOURCE):
    for _ in range(times):
        refusal_of(passkeys.check, generate(), source=source)


def test_the_first_payment_makes_a_passkey(account):
    passkey, is_new = passkeys.ensure(account=account)
    assert (passkey.account, is_new) == (account, True)


def test_a_later_payment_keeps_the_passkey(account, passkey):
    assert passkeys.ensure(account=account) == (passkey, False)


def test_the_owner_can_see_the_passkey(passkey):
    text = passkeys.reveal(passkey)
    assert (len(text), text[-4:]) == (34, passkey.last_four)


def test_the_row_does_not_hold_the_passkey(passkey):
    code = passkeys.reveal(passkey).replace("-", "")
    row = Passkey.objects.values().get(pk=passkey.pk)
    assert not any(code in str(value) for value in row.values())


def test_a_passkey_is_found_by_its_text(passkey):
    assert passkeys.find(passkeys.reveal(passkey).lower()) == passkey


def test_an_unknown_passkey_is_refused(passkey):
    assert refusal_of(passkeys.find, generate()).code == "unknown"


def test_a_replaced_passkey_is_refused(owner, account, passkey):
    text = passkeys.reveal(passkey)
    passkeys.replace(account=account, actor=owner)
    assert refusal_of(passkeys.find, text).code == "replaced"


def test_the_passkey_of_a_frozen_account_is_refused(account, passkey):
    freeze(account=account, reason="disputed payment")
    assert refusal_of(passkeys.find, passkeys.reveal(passkey)).code == "frozen"


def test_unknown_replaced_and_frozen_read_the_same():
    assert len({str(PasskeyRefused(code)) for code in ("unknown", "replaced", "frozen")}) == 1


def test_a_typing_error_reads_differently():
    assert str(PasskeyRefused("typing_error")) != str(PasskeyRefused("unknown"))


def test_the_tenth_guess_is_refused_like_the_first():
    guess(10)


def test_the_eleventh_guess_must_wait(moving_clock):
    guess(10)
    with pytest.raises(TooManyGuesses) as refusal:
        passkeys.check(generate(), source=SOURCE)
    assert refusal.value.wait_seconds == 15 * 60


def test_the_wait_ends_when_the_oldest_guess_is_15_minutes_old(moving_clock):
    guess(1)
    moving_clock.advance(minutes=10)
    guess(9)
    moving_clock.advance(minutes=5)
    guess(1)


def test_another_source_may_go_on():
    guess(10)
    guess(1, source="192.0.2.8")


def test_the_right_passkey_spends_during_an_attack(passkey):
    guess(10)
    assert passkeys.check(passkeys.reveal(passkey), source=SOURCE) == passkey


def test_typing_errors_are_no_guesses(passkey):
    wrong = "U" + passkeys.reveal(passkey)[1:]
    for _ in range(11):
        refusal_of(passkeys.check, wrong, source=SOURCE)
    guess(1)


def test_replaced_passkeys_are_no_guesses(owner, account, passkey):
    text = passkeys.reveal(passkey)
    passkeys.replace(account=account, actor=owner)
    for _ in range(11):
        refusal_of(passkeys.check, text, source=SOURCE)
    guess(1)


def test_passkeys_of_frozen_accounts_are_no_guesses(account, passkey):
    freeze(account=account, reason="disputed payment")
    for _ in range(11):
        refusal_of(passkeys.check, passkeys.reveal(passkey), source=SOURCE)
    guess(1)


def test_during_the_wait_a_replaced_passkey_is_not_told_apart(owner, account, passkey):
    text = passkeys.reveal(passkey)
    passkeys.replace(account=account, actor=owner)
    guess(10)
    with pytest.raises(TooManyGuesses):
        passkeys.check(text, source=SOURCE)


def test_a_use_is_recorded(passkey, moving_clock):
    passkeys.use(passkey=passkey)
    passkey.refresh_from_db()
    assert passkey.last_used_at == clock.now()


def test_a_passkey_replaced_since_it_was_found_is_not_used(owner, account, passkey):
    passkeys.replace(account=account, actor=owner)
    assert refusal_of(passkeys.use, passkey=passkey).code == "replaced"


def test_replacing_makes_another_passkey(owner, account, passkey):
    new = passkeys.replace(account=account, actor=owner)
    assert passkeys.find(passkeys.reveal(new)) == new != passkey


def test_replacing_tells_the_owner(owner, account, passkey):
    passkeys.replace(account=account, actor=owner)
    mails = OutboundMail.objects.filter(name="accounts.passkey_replaced")
    assert [mail.recipient for mail in mails] == [owner.email]


def test_replacing_is_signalled(owner, account, passkey):
    heard = []

    def listen(passkey, **kwargs):
        heard.append(passkey)

    passkey_replaced.connect(listen)
    new = passkeys.replace(account=account, actor=owner)
    passkey_replaced.disconnect(listen)
    assert heard == [new]


def test_nobody_else_replaces_the_passkey(account, passkey):
    other = User.objects.create_user("eve@example.com")
    with pytest.raises(NotTheOwner):
        passkeys.replace(account=account, actor=other)


def test_staff_replace_the_passkey(account, passkey):
    staff = User.objects.create_user("staff@example.com", is_staff=True)
    assert passkeys.replace(account=account, actor=staff) != passkey


def test_a_double_click_replaces_once(owner, account, passkey):
    first = passkeys.replace(account=account, actor=owner, seen=passkey.pk)
    assert passkeys.replace(account=account, actor=owner, seen=passkey.pk) == first


def test_an_account_has_one_current_passkey(owner, account, passkey):
    passkeys.replace(account=account, actor=owner)
    assert account.passkeys.filter(replaced_at=None).count() == 1


@pytest.fixture
def new_key(settings):
    """Put a new key before the one under which passkeys stand."""
    settings.PASSKEY_KEYS = [Fernet.generate_key().decode(), *settings.PASSKEY_KEYS]
    return settings.PASSKEY_KEYS[0]


def test_a_new_key_does_not_stop_old_passkeys(passkey, new_key):
    assert passkeys.find(passkeys.reveal(passkey)) == passkey


def test_after_rotation_the_old_key_can_be_dropped(passkey, new_key, settings):
    text = passkeys.reveal(passkey)
    passkeys.rotate()
    settings.PASSKEY_KEYS = [new_key]
    found = passkeys.find(text)
    assert passkeys.reveal(found) == text


def test_replaced_passkeys_are_rotated_too(owner, account, passkey, new_key, settings):
    text = passkeys.reveal(passkey)
    passkeys.replace(account=account, actor=owner)
    passkeys.rotate()
    settings.PASSKEY_KEYS = [new_key]
    assert refusal_of(passkeys.find, text).code == "replaced"


def test_rotation_goes_on_over_batches(owner, new_key, settings):
    settings.PASSKEY_KEYS.reverse()
    for number in range(5):
        passkeys.ensure(account=open_account(owner=owner, name=f"Account {number}"))
    settings.PASSKEY_KEYS.reverse()
    assert passkeys.rotate(batch=2) == 5


def test_rotating_again_moves_nothing(passkey, new_key):
    passkeys.rotate()
    assert passkeys.rotate() == 0


def test_guesses_are_forgotten_after_a_day(moving_clock):
    guess(3)
    moving_clock.advance(days=1, seconds=1)
    guess(1)
    assert passkeys.throttle.prune() == 3
