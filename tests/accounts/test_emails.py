import pytest

from accounts import passkeys, services
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory
from tests.mailbox import assert_good_mail, deliver, html_of, links_in, mail_to

pytestmark = pytest.mark.django_db

OWNER = "olive@example.com"


@pytest.fixture
def account():
    return CreditAccountFactory(name="Acme & Søns", owner__email=OWNER, owner__name="Olive")


@pytest.fixture
def delegate(account):
    return DelegateFactory(account=account, email="dana@example.com", name="Dana", active=True)


def test_the_owner_is_told_that_the_passkey_was_replaced(account):
    passkeys.ensure(account=account)
    passkeys.replace(account=account, actor=account.owner)
    assert_good_mail(mail_to(OWNER))


def test_the_mail_does_not_hold_the_new_passkey(account):
    passkey = passkeys.replace(account=account, actor=account.owner)
    assert passkeys.reveal(passkey) not in mail_to(OWNER).body


def test_an_invitation_is_mailed(account):
    services.invite_delegate(account=account, actor=account.owner, email="dana@example.com")
    assert_good_mail(mail_to("dana@example.com"))


def test_the_invitation_leads_to_its_page(account, client):
    services.invite_delegate(account=account, actor=account.owner, email="dana@example.com")
    address = links_in(mail_to("dana@example.com"))[0]
    page = client.get("/" + address.split("/", 3)[3])
    assert page.status_code == 200


def test_the_owner_is_told_that_a_delegate_accepted(account):
    services.accept_delegation(delegate=DelegateFactory(account=account))
    assert_good_mail(mail_to(OWNER))


def test_a_removed_delegate_is_told(account, delegate):
    services.remove_delegate(delegate=delegate, actor=account.owner)
    assert_good_mail(mail_to("dana@example.com"), buttons=0)


def test_whoever_had_not_accepted_is_told_that_the_invitation_was_taken_back(account):
    invited = DelegateFactory(account=account, email="dana@example.com")
    services.remove_delegate(delegate=invited, actor=account.owner)
    mail = mail_to("dana@example.com")
    assert_good_mail(mail, buttons=0)
    assert ("was taken back" in mail.subject, "no longer" in mail.body) == (True, False)


def test_somebody_without_a_name_is_called_by_the_address_once(account):
    account.owner.name = ""
    account.owner.save()
    services.invite_delegate(account=account, actor=account.owner, email="dana@example.com")
    assert f"{OWNER} invites you" in mail_to("dana@example.com").body


def test_somebody_with_a_name_is_called_by_both(account):
    services.invite_delegate(account=account, actor=account.owner, email="dana@example.com")
    assert f"Olive ({OWNER}) invites you" in mail_to("dana@example.com").body


def test_an_offer_of_ownership_is_mailed(account, delegate):
    services.offer_ownership(delegate=delegate, actor=account.owner)
    assert_good_mail(mail_to("dana@example.com"))


def test_the_owner_learns_who_declined_the_offer(account, delegate):
    dana = UserFactory(email=delegate.email)
    services.offer_ownership(delegate=delegate, actor=account.owner)
    services.withdraw_offer(account=account, actor=dana)
    mail = mail_to(OWNER)
    assert_good_mail(mail)
    assert "Dana (dana@example.com) does not take over" in mail.body


def test_a_new_owner_is_offered_to_replace_the_passkey(account):
    services.replace_owner(account=account, owner=UserFactory(email="nora@example.com"))
    mail = mail_to("nora@example.com")
    assert_good_mail(mail)
    assert f"/accounts/{account.public_id}/passkey/" in mail.body


def test_a_former_owner_is_told(account):
    services.replace_owner(account=account, owner=UserFactory())
    assert_good_mail(mail_to(OWNER), buttons=0)


def test_changed_settings_are_listed(account):
    services.change_settings(
        account=account, actor=account.owner, requires_approval=True, sign_in_above=5000
    )
    mail = mail_to(OWNER)
    assert_good_mail(mail)
    assert "- Requires approval: on\n- Signing in asked above: 5,000 credits" in mail.body


def test_a_freeze_is_mailed_with_its_reason(account):
    services.freeze(account=account, reason="The payment is disputed.")
    mail = mail_to(OWNER)
    assert_good_mail(mail)
    assert "Reason: The payment is disputed." in mail.body


def test_a_release_is_mailed(account):
    services.freeze(account=account, reason="The payment is disputed.")
    deliver()
    services.release(account=account, reason="The dispute was won.")
    assert_good_mail(mail_to(OWNER))


def test_names_are_escaped_in_html_and_plain_in_text(account):
    services.freeze(account=account, reason="<script>alert(1)</script>")
    html = html_of(mail_to(OWNER))
    assert ("<script>" in html, "Acme &amp; Søns" in html) == (False, True)


def test_a_line_break_in_a_name_stays_out_of_the_subject(account):
    services.change_settings(account=account, actor=account.owner, name="Acme\r\nBcc: eve@x.org")
    assert "\n" not in mail_to(OWNER).subject


@pytest.fixture
def two_languages(settings):
    settings.LANGUAGES = [("en-us", "English"), ("de", "Deutsch")]


def test_a_mail_uses_the_language_that_its_receiver_has_chosen(account, delegate, two_languages):
    UserFactory(email=delegate.email, language="de")
    services.remove_delegate(delegate=delegate, actor=account.owner)
    assert '<html lang="de">' in html_of(mail_to(delegate.email))


def test_whoever_has_chosen_none_is_written_to_in_the_programmes(account, delegate, two_languages):
    UserFactory(email=delegate.email)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    assert '<html lang="en-us">' in html_of(mail_to(delegate.email))
