"""Addresses of the redemption app."""

from django.urls import URLPattern, path

from .views import account, catalogue, changes, checkout, registrations

app_name = "redemption"

urlpatterns: list[URLPattern] = [
    path("training/", catalogue.catalogue, name="catalogue"),
    path("training/<slug:slug>/", catalogue.training, name="training"),
    path("training/<slug:slug>/register/", checkout.register, name="register"),
    path("training/<slug:slug>/register/<uuid:key>/", checkout.check, name="check"),
    path("registrations/find/", registrations.find, name="find"),
    path("registrations/<slug:token>/", registrations.registration, name="registration"),
    path("registrations/<slug:token>/calendar.ics", registrations.calendar, name="calendar"),
    path("registrations/<slug:token>/withdraw/", registrations.take_back, name="withdraw"),
    path("registrations/<slug:token>/start/", registrations.begin, name="start"),
    path("registrations/<slug:token>/finish/", registrations.complete, name="finish"),
    path("registrations/<slug:token>/again/", registrations.ask_again, name="again"),
    path("registrations/<slug:token>/cancel/", changes.cancel_places, name="cancel"),
    path("registrations/<slug:token>/give-up/", changes.give_up_place, name="give_up"),
    path("registrations/<slug:token>/date/", changes.another_date, name="change_date"),
    path("registrations/<slug:token>/replace/", changes.replace_participant, name="replace"),
    path("registrations/<slug:token>/correct/", changes.correct, name="correct"),
    path(
        "accounts/<slug:public_id>/registrations/",
        account.account_registrations,
        name="account_registrations",
    ),
    path(
        "accounts/<slug:public_id>/registrations/<slug:reference>/",
        account.open_registration,
        name="account_registration",
    ),
]
