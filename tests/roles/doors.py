"""The table: for every address of the portal, who gets which answer. A new page needs a line here.

An answer is a status; `IN` sends to sign in, `ON` sends to another page. Whoever is refused by GET
is refused by POST in the same way; pages that only take POST say in `post` whom they take.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.roles.people import ROLES

IN, ON = "in", "on"
GUESTS = ("anonymous", "holder")
STAFF = ("Finance", "Training", "Support", "superuser")
SIGNED_IN = tuple(role for role in ROLES if role not in GUESTS)


def answers(default, /, **by_role):
    """Return the answers of every role; `guests`, `staff` and `signed_in` stand for several."""
    given = dict.fromkeys(ROLES, default)
    for name, roles in (("signed_in", SIGNED_IN), ("guests", GUESTS), ("staff", STAFF)):
        if name in by_role:
            given |= dict.fromkeys(roles, by_role.pop(name))
    return given | by_role


@dataclass(frozen=True)
class Door:
    """How an address is reached in the world, and what it answers to whom."""

    answers: Mapping[str, object]
    path: tuple[str, ...] = ()
    query: str = ""
    post: Mapping[str, object] = field(default_factory=dict)


def doors(profile, path=(), /, *names, **fields):
    """Return several doors of one profile."""
    return {name: Door(profile, tuple(path), **fields) for name in names}


EVERYBODY = answers(200)
NOBODY = answers(404)
SIGNED = answers(200, guests=IN)
FOR_OWNER = answers(404, guests=IN, owner=200)
FOR_APPROVERS = answers(404, guests=IN, owner=200, delegate=200)
ONLY_POST = answers(405)
ONLY_POST_SIGNED = answers(405, guests=IN)
POST_FOR_OWNER = answers(404, guests=IN, owner=ON)

ACCOUNT, ORDER = ["account.public_id"], ["order.number"]
PLACE, WAITING = ["confirmed.link_token"], ["waiting.link_token"]

OPEN = {
    **doors(EVERYBODY, [], "healthz", "readyz", "purchasing:landing", "purchasing:buy"),
    **doors(EVERYBODY, ["theme_version"], "theme"),
    **doors(answers(ON), [], "purchasing:method", "purchasing:check"),
    "purchasing:stripe_hook": Door(ONLY_POST, post=answers(400)),
    **doors(EVERYBODY, [], "redemption:catalogue", "redemption:find"),
    **doors(EVERYBODY, ["survey.slug"], "redemption:training", "redemption:register"),
    "redemption:check": Door(answers(ON), ("course.slug", "check_key")),
    **doors(NOBODY, [], "outbox:mailbox"),
    **doors(NOBODY, ["account.name"], "outbox:message", "outbox:message_html"),
    "outbox:message_attachment": Door(NOBODY, ("account.name", "account.pk")),
}
SIGNING_IN = {
    **doors(answers(ON, guests=200), [], "account_login", "account_signup"),
    **doors(EVERYBODY, [], "account_inactive", "account_password_reset_completed"),
    **doors(EVERYBODY, [], "account_reset_password"),
    **doors(answers(ON), [], "account_complete_password_reset", "account_confirm_login_code"),
    **doors(answers(IN), [], "account_confirm_password_reset_code", "account_request_login_code"),
    "account_logout": Door(answers(200, guests=ON)),
    **doors(SIGNED, [], "account_change_password", "account_email"),
    **doors(SIGNED, [], "account_reauthenticate", "mfa_index"),
    **doors(
        answers(ON, guests=IN), [],
        "account_email_verification_sent", "account_set_password", "mfa_activate_totp",
        "mfa_authenticate", "mfa_generate_recovery_codes",
    ),
    "mfa_deactivate_totp": Door(answers(404, guests=IN, staff=ON)),
    "mfa_reauthenticate": Door(answers(ON, guests=IN, staff=200)),
    **doors(answers(404, guests=IN), [], "mfa_download_recovery_codes", "mfa_view_recovery_codes"),
}  # fmt: skip
ACCOUNTS = {
    "accounts:list": Door(SIGNED),
    "accounts:profile": Door(SIGNED),
    **doors(
        FOR_APPROVERS, ACCOUNT, "reports:dashboard", "reports:lots", "reports:months",
        "reports:statement", "reports:usage", "reports:balance", "reports:expiry", "reports:files",
    ),
    **doors(FOR_APPROVERS, [*ACCOUNT, "report", "ending"], "reports:download", "reports:large"),
    # A large file is its orderer's alone.
    "reports:file": Door(FOR_OWNER, (*ACCOUNT, "file.file_id")),
    "reports:monthly": Door(
        ONLY_POST_SIGNED,
        tuple(ACCOUNT),
        post=answers(404, guests=IN, owner=ON, delegate=ON),
    ),
    **doors(FOR_APPROVERS, ACCOUNT, "redemption:account_registrations"),
    **doors(
        FOR_OWNER, ACCOUNT,
        "accounts:delegates", "accounts:passkey", "accounts:passkey_replace", "accounts:settings",
        "purchasing:account_orders",
    ),
    "accounts:ownership": Door(FOR_APPROVERS, tuple(ACCOUNT)),
    "accounts:ownership_end": Door(
        ONLY_POST_SIGNED,
        tuple(ACCOUNT),
        post=answers(404, guests=IN, owner=ON),
    ),
    **doors(
        ONLY_POST_SIGNED,
        [*ACCOUNT, "delegate.pk"],
        "accounts:delegate_remove",
        "accounts:delegate_resend",
        post=POST_FOR_OWNER,
    ),
    "redemption:account_registration": Door(
        answers(404, guests=IN, owner=ON), (*ACCOUNT, "confirmed.reference")
    ),
    "approvals:inbox": Door(SIGNED),
    "approvals:request": Door(FOR_APPROVERS, ("waiting.reference",)),
}  # fmt: skip
ORDERS = {
    **doors(FOR_OWNER, ORDER, "purchasing:order", "purchasing:billing", "purchasing:cancel"),
    "purchasing:accept": Door(FOR_OWNER, tuple(ORDER)),
    # The world's quote still holds: there is no other one to be had.
    "purchasing:renew": Door(FOR_OWNER | {"owner": ON}, tuple(ORDER)),
    "purchasing:document": Door(FOR_OWNER, (*ORDER, "paper.number")),
    # Without the provider's keys no card is taken: the pay page is not there.
    "purchasing:card": Door(NOBODY | dict.fromkeys(GUESTS, IN), tuple(ORDER)),
    **doors(
        FOR_OWNER | {"owner": ON},
        ORDER,
        "purchasing:card_return",
        "purchasing:card_left",
    ),
    "purchasing:switch_method": Door(ONLY_POST_SIGNED, tuple(ORDER), post=POST_FOR_OWNER),
    "purchasing:simulated_card": Door(NOBODY | dict.fromkeys(GUESTS, IN), tuple(ORDER)),
}
# A mailed link is the right: whoever holds it is answered, signed in or not.
LINKS = {
    "accounts:invitation": Door(EVERYBODY, ("invitation.link_token",)),
    "accounts:unsubscribe": Door(EVERYBODY, ("unsubscribe_token",)),
    "reports:stop_statement": Door(EVERYBODY, ("statement_token",)),
    "approvals:decision": Door(EVERYBODY, ("link.link_token",)),
    "purchasing:shared_order": Door(EVERYBODY, ("order.link_token",)),
    "purchasing:shared_document": Door(EVERYBODY, ("order.link_token", "paper.number")),
    **doors(EVERYBODY, PLACE, "redemption:registration", "redemption:calendar"),
    **doors(EVERYBODY, PLACE, "redemption:cancel", "redemption:change_date"),
    **doors(
        EVERYBODY, PLACE, "redemption:replace", "redemption:give_up", query="place=place.pk"
    ),
    # The browser that sent it may correct the address for an hour, then owner and staff.
    "redemption:correct": Door(
        answers(404, owner=200, Training=200, Support=200, superuser=200), tuple(PLACE)
    ),
    "redemption:withdraw": Door(ONLY_POST, tuple(WAITING), post=answers(ON)),
    "redemption:again": Door(ONLY_POST, ("declined.link_token",), post=answers(ON)),
    **doors(
        ONLY_POST, ["course_place.link_token"], "redemption:start", "redemption:finish",
        post=answers(ON),
    ),
}  # fmt: skip
DOORS = OPEN | SIGNING_IN | ACCOUNTS | ORDERS | LINKS
