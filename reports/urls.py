"""Addresses of the reports app."""

from django.urls import path

from .views import account, files, reports, subscriptions

app_name = "reports"
BASE = "accounts/<str:public_id>"

urlpatterns = [
    path(f"{BASE}/", account.dashboard, name="dashboard"),
    path(f"{BASE}/lots/", account.lots, name="lots"),
    path(f"{BASE}/reports/", reports.months, name="months"),
    path(f"{BASE}/reports/statement/", reports.statement_page, name="statement"),
    path(f"{BASE}/reports/usage/", reports.usage_page, name="usage"),
    path(f"{BASE}/reports/balance/", reports.balance_page, name="balance"),
    path(f"{BASE}/reports/expiry/", reports.expiry_page, name="expiry"),
    path(f"{BASE}/reports/files/", files.files, name="files"),
    path(f"{BASE}/reports/files/<str:file_id>/", files.fetch, name="file"),
    path(f"{BASE}/reports/monthly/", subscriptions.choose, name="monthly"),
    path("statements/<str:token>/stop/", subscriptions.stop, name="stop_statement"),
    path(f"{BASE}/reports/<slug:name>.<slug:ending>", reports.download, name="download"),
    path(f"{BASE}/reports/<slug:name>/large/<slug:ending>/", files.large, name="large"),
]
