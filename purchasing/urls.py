"""Addresses of the purchasing app."""

from django.urls import URLPattern, path

from .views import cards, documents, hooks, orders, shop, simulated

app_name = "purchasing"

urlpatterns: list[URLPattern] = [
    path("", shop.landing, name="landing"),
    path("buy/", shop.buy, name="buy"),
    path("buy/method/", shop.method, name="method"),
    path("buy/check/", shop.check, name="check"),
    path("orders/<slug:number>/", orders.order, name="order"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="cancel"),
    path("orders/<slug:number>/billing/", orders.billing, name="billing"),
    path("orders/<slug:number>/accept/", orders.accept, name="accept"),
    path("orders/<slug:number>/renew/", orders.renew, name="renew"),
    path("orders/<slug:number>/papers/<slug:paper>.pdf", documents.document, name="document"),
    path("orders/<slug:number>/card/", cards.card, name="card"),
    path("orders/<slug:number>/card/return/", cards.card_return, name="card_return"),
    path("orders/<slug:number>/card/left/", cards.card_left, name="card_left"),
    path("orders/<slug:number>/card/simulated/", simulated.simulated_card, name="simulated_card"),
    path("orders/<slug:number>/method/", cards.switch, name="switch_method"),
    path("hooks/stripe/", hooks.stripe_hook, name="stripe_hook"),
    path("orders/shared/<slug:token>/", orders.shared_order, name="shared_order"),
    path(
        "orders/shared/<slug:token>/<slug:paper>.pdf",
        documents.shared_document,
        name="shared_document",
    ),
    path("accounts/<slug:public_id>/orders/", orders.account_orders, name="account_orders"),
]
