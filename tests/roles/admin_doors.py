"""The table of the administration: by model, which groups see, add, delete and act.

F is Finance, T Training, S Support, U a superuser. Whoever is no staff is sent to sign in.
"""

GROUP_OF = {"F": "Finance", "T": "Training", "S": "Support", "U": "superuser"}
VIEWS = ("changelist", "change", "history")

MODELS = {
    "account_emailaddress": {"view": "U", "add": "U", "delete": "U"},
    "accounts_creditaccount": {"view": "FSU", "freeze": "FSU", "release": "FSU", "owner": "FSU"},
    "accounts_creditlot": {"view": "FSU"},
    "accounts_hold": {"view": "FSU"},
    "accounts_ledgerentry": {"view": "FSU"},
    "accounts_posting": {"view": "FSU"},
    "accounts_user": {"view": "SU", "add": "U", "password_change": "U"},
    "auth_group": {"view": "U", "add": "U", "delete": "U"},
    "mfa_authenticator": {"view": "U", "add": "U", "delete": "U"},
    "outbox_outboundmail": {"view": "FSU"},
    "purchasing_order": {
        "view": "FSU", "quote": "FU", "transfer": "FU", "shortfall": "FU",
        "due_date": "FU", "renew": "FU", "reopen": "FU", "cancel": "FU", "refund": "FU",
        "undo": "FU", "paid_back": "FU", "give_up": "FU", "reconciliation": "FSU",
    },
    "purchasing_document": {"view": "FSU", "paper": "FSU"},
    "purchasing_payment": {"view": "FSU"},
    "purchasing_providerevent": {"view": "FSU"},
    "purchasing_refund": {"view": "FSU"},
    "purchasing_dispute": {"view": "FSU"},
    "purchasing_shortfall": {"view": "FSU"},
    "purchasing_pricelist": {"view": "FU", "add": "FU"},  # one that has begun stays
    "purchasing_taxrule": {"view": "FU", "add": "FU", "delete": "U"},
    "redemption_redemption": {"view": "FTSU", "return": "TSU"},
    "redemption_training": {"view": "TSU", "add": "TU", "delete": "U"},
    "redemption_trainingsession": {
        "view": "TSU", "add": "TU", "move": "TU", "cancel": "TU", "attendance": "TU",
        "roster": "TSU", "roster_csv": "TSU",
    },
    "reports_accountoverview": {"view": "FSU", "withdraw": "FU", "issue": "FU", "move": "FU"},
    "reports_books": {
        "view": "FU", "movements": "FU", "deferred": "FU", "recognised": "FU", "ageing": "FU",
        "losing": "FU",
    },
}  # fmt: skip
# Its page sends staff back: the order's credits are spent, no receipt of it can be undone.
SENT_BACK = {"purchasing_order_undo"}
# For all staff: they show nothing of a model, or what its rights allow.
PLAIN = {"index": 200, "jsi18n": 200, "password_change": 200, "password_change_done": 200}


def allowed(model, action):
    """Return the roles that a page of the administration lets in."""
    declared = MODELS[model]
    right = "view" if action in VIEWS else action
    return {GROUP_OF[letter] for letter in declared.get(right, "")}
