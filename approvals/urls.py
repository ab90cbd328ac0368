"""Addresses of the approvals app."""

from django.urls import path

from . import views

app_name = "approvals"

urlpatterns = [
    path("approvals/", views.inbox, name="inbox"),
    path("approvals/requests/<str:reference>/", views.signed_in_decision, name="request"),
    path("approvals/<str:token>/", views.decision, name="decision"),
]
