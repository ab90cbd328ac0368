"""Every screen in each of its states: empty, filled, refused. Add a line when a page is added."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

Act = Callable[[Any, Any], None]  # of the page and the world


@dataclass(frozen=True)
class Screen:
    """A page as somebody sees it, after what they did there."""

    name: str
    address: Callable[[Any], str]
    person: str = ""  # whom to sign in: an attribute of the world
    act: Act | None = None
    status: int = 200  # of the address, before the act
    debug: bool = False  # a page of development only


def at(name: str, *path: str) -> Callable[[Any], str]:
    """Return what finds the address: `path` are attributes of the world, dotted."""

    def address(world: Any) -> str:
        return reverse(name, args=[follow(world, step) for step in path])

    return address


def follow(thing: Any, path: str) -> Any:
    """Follow dotted attributes."""
    for step in path.split("."):
        thing = getattr(thing, step)
    return thing


def asked(name: str, query: str) -> Callable[[Any], str]:
    """Return what finds a page of the account with a query."""
    page = at(name, "account.public_id")
    return lambda world: f"{page(world)}?{query}"


def of_place(
    name: str, registration: str = "confirmed", place: str = "place"
) -> Callable[[Any], str]:
    """Return what finds a page of the registrant's about one of the places."""
    page = at(name, f"{registration}.link_token")
    return lambda world: f"{page(world)}?place={follow(world, place).pk}"


def send(page: Any, _world: Any = None) -> None:
    """Send the page's form as it stands."""
    page.locator("main form[method=post] .button:not([name=add])").first.click()


def refuse(page: Any, _world: Any = None) -> None:
    """Send the page's form with its text fields emptied."""
    for box in page.locator("main form[method=post] input:is([type=text], [type=email])").all():
        box.fill("")
    send(page)


def fill(**values: str) -> Act:
    """Return an act that fills these fields, then sends."""

    def act(page: Any, _world: Any) -> None:
        for name, value in values.items():
            page.locator(f"main [name={name}]").fill(value)
        send(page)

    return act


def add_participant(page: Any, _world: Any) -> None:
    """Ask for one row more."""
    page.locator("main [name=add]").click()


def decline(page: Any, _world: Any) -> None:
    """Decline without a reason."""
    page.locator("main details summary").first.click()
    page.locator("main [value=decline]").first.click()


def in_turn(*acts: Act) -> Act:
    """Return one act of several."""

    def act(page: Any, world: Any) -> None:
        for step in acts:
            step(page, world)

    return act


def bill(page: Any, _world: Any) -> None:
    """Choose a quote for a company in the United States, unless that was done before."""
    if page.locator("main [name=country]").count() == 0:
        return
    if page.locator("main [name=method]").count():
        page.locator("main [name=method][value=transfer]").check()
    page.locator("main [name=country]").select_option("US")
    send(page)


def register(page: Any, world: Any) -> None:
    """Fill in a registration with the world's passkey, up to the page that asks."""
    page.locator("main [name=session]").first.check()
    fill(name="Zoe", email="zoe@example.com", passkey=world.passkey)(page, world)


OPEN = [
    Screen("landing", at("purchasing:landing")),
    Screen("landing-priced", lambda _: "/?credits=18,000"),
    Screen("landing-refused", lambda _: "/?credits=1.5"),
    Screen("sign-in", at("account_login")),
    Screen("sign-in-refused", at("account_login"), act=refuse),
    Screen("sign-up", at("account_signup")),
    Screen("sign-up-refused", at("account_signup"), act=refuse),
    Screen("code", at("account_request_login_code")),
    Screen("reset", at("account_reset_password")),
    Screen("not-found", lambda _: "/nowhere/", status=404),
    Screen("refused-address", lambda _: "/?credits=%00", status=400),
    Screen("catalogue", at("redemption:catalogue")),
    Screen("catalogue-none", lambda _: reverse("redemption:catalogue") + "?q=zzzz"),
    Screen("training", at("redemption:training", "survey.slug")),
    Screen("training-on-demand", at("redemption:training", "course.slug")),
    Screen("register", at("redemption:register", "survey.slug")),
    Screen("register-refused", at("redemption:register", "survey.slug"), act=refuse),
    Screen("register-added", at("redemption:register", "survey.slug"), act=add_participant),
    Screen("register-check", at("redemption:register", "survey.slug"), act=register),
    Screen("find", at("redemption:find")),
    Screen("find-refused", at("redemption:find"), act=refuse),
    Screen("find-sent", at("redemption:find"), act=fill(email="ann@example.com")),
    Screen("registration", at("redemption:registration", "confirmed.link_token")),
    Screen("registration-on-demand", at("redemption:registration", "studying.link_token")),
    Screen("registration-waiting", at("redemption:registration", "waiting.link_token")),
    Screen("registration-declined", at("redemption:registration", "declined.link_token")),
    Screen("place", at("redemption:registration", "place.link_token")),
    Screen("cancel", at("redemption:cancel", "confirmed.link_token")),
    Screen("change-date", at("redemption:change_date", "confirmed.link_token")),
    Screen("replace", of_place("redemption:replace")),
    Screen("replace-refused", of_place("redemption:replace"), act=refuse),
    Screen("give-up", of_place("redemption:give_up", "leaving", "left_place")),
    Screen("registration-past-cut-off", at("redemption:registration", "leaving.link_token")),
    Screen("unsubscribe", lambda world: f"/unsub{world.unsubscribe}"),
    Screen("unsubscribed", lambda world: f"/unsub{world.unsubscribe}", act=send),
    Screen("correct", at("redemption:correct", "waiting.link_token"), "owner"),
    Screen("decision", at("approvals:decision", "link.link_token")),
    Screen("decision-refused", at("approvals:decision", "link.link_token"), act=decline),
    Screen("invitation", at("accounts:invitation", "invitation.link_token")),
    Screen("shared-order", at("purchasing:shared_order", "order.link_token")),
    Screen("shared-order-invoiced", at("purchasing:shared_order", "invoiced.link_token")),
]

OWN = [
    Screen("buy", at("purchasing:buy"), "owner"),
    Screen("buy-refused", at("purchasing:buy"), "owner", act=refuse),
    Screen("buy-advised", at("purchasing:buy"), "owner", act=fill(credits="18,000")),
    Screen("buy-as-newcomer", at("purchasing:buy"), "newcomer"),
    Screen("method", at("purchasing:buy"), "owner", act=fill(credits="20,000")),
    Screen("check", at("purchasing:buy"), "owner", act=in_turn(fill(credits="20,000"), bill)),
    Screen("order", at("purchasing:order", "order.number"), "owner"),
    Screen("order-paid", at("purchasing:order", "paid.number"), "owner"),
    Screen("order-invoiced", at("purchasing:order", "invoiced.number"), "owner"),
    Screen("order-expired", at("purchasing:order", "expired.number"), "owner"),
    Screen("order-accept", at("purchasing:accept", "order.number"), "owner"),
    Screen(
        "order-accept-refused",
        at("purchasing:accept", "order.number"),
        "owner",
        act=fill(payables_email="nobody"),
    ),
    Screen("order-renew", at("purchasing:renew", "expired.number"), "owner"),
    Screen("order-billing", at("purchasing:billing", "order.number"), "owner"),
    Screen("order-cancel", at("purchasing:cancel", "order.number"), "owner"),
    Screen("accounts", at("accounts:list"), "owner"),
    Screen("dashboard", at("reports:dashboard", "account.public_id"), "owner"),
    Screen("dashboard-empty", at("reports:dashboard", "nothing.public_id"), "newcomer"),
    Screen("lots", at("reports:lots", "account.public_id"), "owner"),
    Screen("lots-empty", at("reports:lots", "nothing.public_id"), "newcomer"),
    Screen("reports", at("reports:months", "account.public_id"), "owner"),
    Screen("reports-empty", at("reports:months", "nothing.public_id"), "newcomer"),
    Screen("reports-statement", at("reports:statement", "account.public_id"), "owner"),
    Screen("reports-statement-empty", at("reports:statement", "nothing.public_id"), "newcomer"),
    Screen("reports-usage", at("reports:usage", "account.public_id"), "owner"),
    Screen("reports-usage-empty", at("reports:usage", "nothing.public_id"), "newcomer"),
    Screen("reports-balance", at("reports:balance", "account.public_id"), "owner"),
    Screen("reports-balance-refused", asked("reports:balance", "day=soon"), "owner", status=400),
    Screen("reports-expiry", at("reports:expiry", "account.public_id"), "owner"),
    Screen("reports-expiry-empty", at("reports:expiry", "nothing.public_id"), "newcomer"),
    Screen("reports-files", at("reports:files", "account.public_id"), "owner"),
    Screen("orders", at("purchasing:account_orders", "account.public_id"), "owner"),
    Screen("orders-empty", at("purchasing:account_orders", "nothing.public_id"), "newcomer"),
    Screen("registrations", at("redemption:account_registrations", "account.public_id"), "owner"),
    Screen(
        "registrations-empty",
        at("redemption:account_registrations", "nothing.public_id"),
        "newcomer",
    ),
    Screen(
        "registration-of-account",
        at("redemption:account_registration", "account.public_id", "confirmed.reference"),
        "owner",
    ),
    Screen("request", at("approvals:request", "waiting.reference"), "owner"),
    Screen("passkey", at("accounts:passkey", "account.public_id"), "owner"),
    Screen("passkey-shown", at("accounts:passkey", "account.public_id"), "owner", act=send),
    Screen("passkey-empty", at("accounts:passkey", "nothing.public_id"), "newcomer"),
    Screen("passkey-replace", at("accounts:passkey_replace", "account.public_id"), "owner"),
    Screen("delegates", at("accounts:delegates", "account.public_id"), "owner"),
    Screen("delegates-refused", at("accounts:delegates", "account.public_id"), "owner", act=refuse),
    Screen("delegates-empty", at("accounts:delegates", "nothing.public_id"), "newcomer"),
    Screen("settings", at("accounts:settings", "account.public_id"), "owner"),
    Screen("settings-refused", at("accounts:settings", "account.public_id"), "owner", act=refuse),
    Screen("settings-saved", at("accounts:settings", "account.public_id"), "owner", act=send),
    Screen("ownership", at("accounts:ownership", "account.public_id"), "owner"),
    Screen("inbox", at("approvals:inbox"), "owner"),
    Screen("inbox-empty", at("approvals:inbox"), "newcomer"),
    Screen("ownership-offer", at("accounts:ownership", "harbour.public_id"), "owner"),
    Screen("profile", at("accounts:profile"), "owner"),
    Screen("profile-saved", at("accounts:profile"), "owner", act=send),
    Screen("simulated-card", at("purchasing:simulated_card", "order.number"), "owner", debug=True),
    Screen("roster", at("admin:redemption_trainingsession_roster", "session.pk"), "staff"),
    Screen("two-step", at("mfa_index"), "owner"),
    Screen("email", at("account_email"), "owner"),
    Screen("password", at("account_change_password"), "owner"),
]

EVERY = OPEN + OWN
