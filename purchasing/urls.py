"""Addresses of the purchasing app."""

from django.urls import URLPattern, path

from .views import orders, shop, simulated

app_name = "purchasing"

urlpatterns: list[URLPattern] = [
    path("", shop.landing, name="landing"),
    path("buy/", shop.buy, name="buy"),
    path("buy/method/", shop.method, name="method"),
    path("buy/check/", shop.check, name="check"),
    path("orders/<slug:number>/", orders.order, name="order"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="cancel"),
    path("orders/<slug:number>/billing/", orders.billing, name="billing"),
    path("orders/<slug:number>/card/", simulated.simulated_card, name="simulated_card"),
    path("orders/shared/<slug:token>/", orders.shared_order, name="shared_order"),
    path("accounts/<slug:public_id>/orders/", orders.account_orders, name="account_orders"),
]
