"""Tests of the way from the landing page to the placed order."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CreditAccount, Delegate
from credits_portal.outbox.models import OutboundMail
from purchasing.models import Order, PriceList, TaxRule
from tests.factories.accounts import CreditAccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

LANDING, BUY = "/", "/buy/"
METHOD, CHECK = "/buy/method/", "/buy/check/"
NEVER_AMOUNTS = ["0", "-1", "1.5", "1e9", "", "NaN", "Infinity", "9" * 5_000, "1000001"]


def text_of(response):
    """Return the words of the page, without markup."""
    main = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


# --- Landing -----------------------------------------------------------------------------------
def test_the_landing_page_shows_the_four_examples(client):
    shown = text_of(client.get(LANDING))
    assert [
        total in shown for total in ("$3,500.00", "$18,000.00", "$16,000.00", "$24,000.00")
    ] == [True] * 4


def test_the_landing_page_shows_both_tiers(client):
    shown = text_of(client.get(LANDING))
    assert "1 – 19,999 $1.00 –" in shown
    assert "20,000 and more $0.80 20 %" in shown


@pytest.mark.parametrize("typed", ["18000", "18,000", " 18 000 ", "١٨٠٠٠"])
def test_an_amount_is_priced_without_signing_in(client, typed):
    assert "18,000 credits cost $18,000.00 , $1.00 each." in text_of(
        client.get(LANDING, {"credits": typed})
    )


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("16000", "20,000 credits cost the same $16,000.00: 4,000 more credits for nothing."),
        ("18000", "20,000 credits cost $16,000.00: $2,000.00 less and 2,000 more credits."),
        ("19999", "20,000 credits cost $16,000.00: $3,999.00 less and 1 more credit."),
    ],
)
def test_the_price_comes_with_the_advice(client, typed, advice):
    page = client.get(LANDING, {"credits": typed})
    priced = page.content.decode().split('id="price"')[1].split('class="actions"')[0]
    assert advice in " ".join(re.sub(r"<[^>]+>", "", priced).split())


@pytest.mark.parametrize("typed", ["15999", "20000"])
def test_there_is_no_advice_where_no_larger_amount_costs_less(client, typed):
    assert client.get(LANDING, {"credits": typed}).context["priced"].advice is None


@pytest.mark.parametrize("path", [LANDING, BUY])
@pytest.mark.parametrize("typed", ["0", "1.5", "NaN", "9" * 5_000, "\ufffd"])
def test_an_amount_that_is_none_is_explained_in_the_address_too(client, path, typed):
    shown = text_of(client.get(path, {"credits": typed}))
    assert "Enter a whole number of credits from 1 to 1,000,000" in shown


def test_without_a_price_list_the_landing_page_still_answers(client):
    PriceList.objects.all().delete()
    assert "There is no price for this amount" in text_of(client.get(LANDING, {"credits": "5"}))


def test_the_landing_page_needs_no_more_queries_for_a_longer_list(
    client, django_assert_num_queries
):
    client.get(LANDING)
    prices = PriceList.objects.get()
    for minimum in (100, 200, 300):
        with django_assert_num_queries(2):
            client.get(LANDING, {"credits": "18000"})
        prices.tiers.create(minimum=minimum, unit_price="0.99")


# --- Buy ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", NEVER_AMOUNTS)
def test_an_amount_that_is_none_is_a_form_error(start, typed):
    assert "Enter a whole number of credits from 1 to 1,000,000" in text_of(start(credits=typed))


def test_what_was_typed_stays_over_an_error(start):
    page = start(credits="many", account_name="Acme & Sons").content.decode()
    assert 'value="many"' in page
    assert 'value="Acme &amp; Sons"' in page


def test_a_new_buyer_names_the_account(start):
    assert start(account_name="").context["form"].errors.keys() == {"account_name"}


def test_an_owner_names_the_new_account_only_where_one_is_opened(client, user, account, start):
    client.force_login(user)
    errors = [start(account=chosen, account_name="") for chosen in ("new", account.public_id)]
    assert [response.status_code for response in errors] == [200, 302]


def test_the_first_step_leads_to_the_second(start):
    assert start().url == METHOD


def test_an_amount_with_advice_is_asked_about_first(start):
    page = start(credits="18,000")
    assert "Switch to 20,000 Keep 18,000" in text_of(page)


@pytest.mark.parametrize("taken", [20_000, 18_000])
def test_the_buyer_takes_the_advice_or_keeps_the_amount(client, start, taken):
    start(credits="18,000", take=str(taken))
    assert client.session["purchase"]["credits"] == taken


@pytest.mark.parametrize("pressed", ["1", "999", "18000x", "999999"])
def test_no_other_amount_is_taken_than_one_that_was_shown(client, start, pressed):
    start(credits="18,000", take=pressed)
    assert "purchase" not in client.session


def test_an_amount_changed_beside_its_advice_is_asked_about_again(start):
    assert "Keep 17,000" in text_of(start(credits="17,000", take="18000"))


def test_the_amount_of_the_address_is_priced(client):
    shown = text_of(client.get(BUY, {"credits": "20000"}))
    assert "Total, net of tax $16,000.00 Last usable day 10 March 2027" in shown


def test_a_buyer_chooses_among_the_accounts_they_own(client, user, account):
    CreditAccountFactory()
    client.force_login(user)
    choices = client.get(BUY).context["form"].fields["account"].choices
    assert [value for value, _ in choices] == [account.public_id, "new"]


def test_another_customers_account_is_not_a_choice(client, user, account, start):
    client.force_login(user)
    foreign = CreditAccountFactory().public_id
    assert start(account=foreign).context["form"].errors.keys() == {"account"}


def test_a_delegate_is_told_who_the_owner_is(client, user):
    account = CreditAccountFactory(name="Globex")
    Delegate.objects.create(account=account, email=user.email, status="accepted")
    client.force_login(user)
    owner = account.owner
    told = f"Its owner buys its credits: {owner.name} ({owner.email})"
    assert told in text_of(client.get(BUY))


def test_a_removed_delegate_is_told_nothing(client, user):
    account = CreditAccountFactory(name="Globex")
    Delegate.objects.create(account=account, email=user.email, status="removed")
    client.force_login(user)
    assert "Globex" not in text_of(client.get(BUY))


# --- Method ------------------------------------------------------------------------------------
def test_the_second_step_needs_the_first(client):
    assert client.get(METHOD).url == BUY


def test_the_second_step_leads_to_the_check(start, choose):
    start()
    assert choose().url == CHECK


def test_a_card_is_not_offered_outside_development(start, client):
    start()
    assert "method" not in client.get(METHOD).context["form"].fields


def test_a_card_is_offered_in_development(start, client, settings):
    settings.DEBUG = True
    start()
    choices = client.get(METHOD).context["form"].fields["method"].choices
    assert [value for value, _ in choices] == ["card", "transfer"]


def test_a_posted_card_buys_nothing_outside_development(client, start, choose):
    start()
    choose(method="card")
    assert client.session["purchase"]["method"] == "transfer"


def test_the_country_is_needed(start, choose):
    start()
    assert choose(country="").context["form"].errors.keys() == {"country"}


@pytest.mark.parametrize("field", ["company", "po_number", "tax_id", "address"])
def test_text_longer_than_its_column_is_refused(start, choose, field):
    start()
    assert choose(**{field: "x" * 501}).context["form"].errors.keys() == {field}


@pytest.mark.parametrize("path", [BUY, METHOD, CHECK])
def test_a_nul_in_any_field_orders_nothing(client, ready, path):
    ready()
    fields = ["credits", "account_name", "company", "key", "seen"]
    client.post(path, dict.fromkeys(fields, "a\x00"))
    assert not Order.objects.exists()


# --- Check -------------------------------------------------------------------------------------
def test_the_check_needs_both_steps(client, start):
    first = client.get(CHECK).url
    start()
    assert (first, client.get(CHECK).url) == (BUY, METHOD)


def test_a_visitor_checks_the_order_before_signing_in(client, start, choose):
    start(credits="20,000")
    choose()
    shown = text_of(client.get(CHECK))
    assert "Account Acme a new account Credits 20,000 Price of each $0.80 Total $16,000.00" in shown


def test_a_visitor_comes_back_from_signing_up(client, start, choose):
    start()
    choose()
    assert f'href="/sign-up/?next={CHECK}"' in client.get(CHECK).content.decode()


def test_a_visitor_who_sends_the_check_signs_in_first(start, choose, send):
    start()
    choose()
    assert send().url == f"{reverse('account_login')}?next={CHECK}"


def test_the_draft_survives_signing_in(client, user, start, choose):
    start()
    choose()
    client.force_login(user)
    assert client.get(CHECK).status_code == 200


def test_a_change_comes_back_to_the_check(start, choose):
    start()
    choose()
    assert start(credits="5,000").url == CHECK


def test_the_tax_of_the_country_is_a_line_of_its_own(client, start, choose):
    TaxRule.objects.create(country="DE", rate=19, note="VAT")
    start(credits="20,000")
    choose(country="DE")
    assert "Net $16,000.00 Tax, 19 % $3,040.00 VAT Total $19,040.00" in text_of(client.get(CHECK))


def test_a_sent_check_places_the_order(user, send, ready):
    ready()
    placed = send()
    order = Order.objects.get()
    assert (placed.url, order.buyer, order.credits, order.account.name) == (
        f"/orders/{order.number}/",
        user,
        3_500,
        "Acme",
    )


def test_an_order_for_an_owned_account_opens_no_other(account, send, ready):
    ready(account=account.public_id)
    send()
    assert list(CreditAccount.objects.all()) == [account]


def test_a_card_order_goes_on_to_the_payment(send, settings, ready):
    settings.DEBUG = True
    ready(method="card")
    placed = send()
    assert placed.url == f"/orders/{Order.objects.get().number}/card/"


def test_a_resent_check_leads_to_the_same_order(client, ready):
    ready()
    form = dict(client.get(CHECK).context["form"].initial)
    answers = [client.post(CHECK, form) for _ in range(3)]
    assert {answer.url for answer in answers} == {Order.objects.get().get_absolute_url()}


def test_an_order_changed_in_another_tab_is_shown_again(client, start, ready):
    ready()
    form = dict(client.get(CHECK).context["form"].initial)
    start(credits="5,000")
    answer = client.post(CHECK, form)
    assert "The order has changed" in text_of(answer)
    assert not Order.objects.exists()


def test_a_price_changed_meanwhile_is_shown_before_anything_is_ordered(client, moving_clock, ready):
    ready()
    form = dict(client.get(CHECK).context["form"].initial)
    later = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    later.tiers.create(minimum=1, unit_price=2)
    assert "Total $7,000.00" in text_of(client.post(CHECK, form))
    assert not Order.objects.exists()


def test_extra_posted_fields_change_nothing(client, user, start, choose, send):
    client.force_login(user)
    start(unit_price="0.01", total="1", lot="1")
    choose(total="1", status="paid")
    send(total="1", status="paid", credits="1", account="1")
    order = Order.objects.get()
    assert (order.credits, str(order.total), order.status) == (3_500, "3500.00", "quoted")


def test_the_same_key_with_another_amount_is_refused(client, start, choose, send, ready):
    ready()
    send()
    first = Order.objects.get()
    start(credits="5,000")
    choose()
    session = client.session
    session["purchase"] |= {"key": first.key}
    session.save()
    assert "This form has already placed another order" in text_of(send())
    assert list(Order.objects.all()) == [first]


def test_another_buyers_key_shows_nothing(send, ready):
    ready()
    send()
    other = Client()
    other.force_login(CreditAccountFactory().owner)
    answer = other.post(CHECK, {"key": Order.objects.get().key, "seen": "x"})
    assert answer.url == BUY


@pytest.mark.parametrize("key", ["", "no-uuid", "6ad8a2b5-2f77-4d2f-a5ff-2a7f5ae3f1d5"])
def test_a_check_without_its_key_is_shown_again(send, key, ready):
    ready()
    assert send(key=key).status_code == 200
    assert not Order.objects.exists()


def test_an_account_handed_over_meanwhile_is_asked_for_again(account, send, ready):
    ready(account=account.public_id)
    CreditAccount.objects.update(owner=CreditAccountFactory().owner)
    assert send().url == BUY
    assert (Order.objects.count(), OutboundMail.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", [BUY, METHOD, CHECK])
def test_a_post_without_its_token_is_refused(path):
    assert Client(enforce_csrf_checks=True).post(path, {"credits": "5"}).status_code == 403


@pytest.mark.parametrize("draft", [{}, {"credits": 5, "colour": "red"}, "text", [1]])
def test_a_draft_of_another_release_is_dropped(client, draft):
    session = client.session
    session["purchase"] = draft
    session.save()
    assert client.get(CHECK).url == BUY
