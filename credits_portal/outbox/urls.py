"""Addresses of the outbox: the mailbox page of development."""

from django.urls import path

from . import views

app_name = "outbox"

urlpatterns = [
    path("dev/mailbox/", views.message_list, name="mailbox"),
    path("dev/mailbox/<str:name>/", views.message, name="message"),
    path("dev/mailbox/<str:name>/html/", views.message_html, name="message_html"),
    path(
        "dev/mailbox/<str:name>/attachments/<int:number>/",
        views.message_attachment,
        name="message_attachment",
    ),
]
