"""Addresses of the accounts app."""

from django.urls import path

from . import views

app_name = "accounts"

urlpatterns = [
    path("me/", views.profile, name="profile"),
    path("accounts/", views.accounts, name="list"),
    path("accounts/<str:public_id>/passkey/", views.passkey, name="passkey"),
    path(
        "accounts/<str:public_id>/passkey/replace/", views.replace_passkey, name="passkey_replace"
    ),
    path("accounts/<str:public_id>/delegates/", views.delegates, name="delegates"),
    path(
        "accounts/<str:public_id>/delegates/<int:pk>/resend/",
        views.resend_invitation,
        name="delegate_resend",
    ),
    path(
        "accounts/<str:public_id>/delegates/<int:pk>/remove/",
        views.remove_delegate,
        name="delegate_remove",
    ),
    path("accounts/<str:public_id>/settings/", views.settings, name="settings"),
    path("accounts/<str:public_id>/ownership/", views.ownership, name="ownership"),
    path("accounts/<str:public_id>/ownership/end/", views.end_offer, name="ownership_end"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
