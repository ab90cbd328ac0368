"""Addresses of the reports app."""

from django.urls import path

from . import views

app_name = "reports"

urlpatterns = [
    path("accounts/<str:public_id>/", views.dashboard, name="dashboard"),
    path("accounts/<str:public_id>/lots/", views.lots, name="lots"),
    path("accounts/<str:public_id>/reports/", views.statement, name="statement"),
]
