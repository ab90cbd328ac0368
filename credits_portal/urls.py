"""Every address of the portal: each app brings its own, from the root."""

from allauth.account import views as sign_in_views
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.returning import explains_end, remembers
from credits_portal import health
from credits_portal.lib import theme

handler400 = "credits_portal.lib.errors.bad_request"
handler403 = "credits_portal.lib.errors.forbidden"
handler404 = "credits_portal.lib.errors.not_found"
handler429 = "accounts.adapter.too_many_requests"
handler500 = "credits_portal.errors.server_error"

# Staff come in by the same door as everybody, with the same limits and second step.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
to_sign_in = RedirectView.as_view(pattern_name="account_login", query_string=True)
to_sign_up = RedirectView.as_view(pattern_name="account_signup", query_string=True)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("theme-<slug:version>.css", theme.stylesheet, name="theme"),
    path("admin/", admin.site.urls),
    path("me/login/", to_sign_in),
    path("me/login/code/", to_sign_in),
    path("me/signup/", to_sign_up),
    path("me/confirm-email/", explains_end(sign_in_views.email_verification_sent)),
    path("me/login/code/confirm/", explains_end(sign_in_views.confirm_login_code)),
    path("me/password/reset/confirm/", explains_end(sign_in_views.confirm_password_reset_code)),
    path("me/password/reset/", remembers(sign_in_views.password_reset)),
    path("me/", include("allauth.urls")),
    # After allauth's own addresses of these names, so that links lead here.
    path("sign-in/", remembers(sign_in_views.login), name="account_login"),
    path("sign-up/", remembers(sign_in_views.signup), name="account_signup"),
    path("", include("credits_portal.outbox.urls")),
    path("", include("accounts.urls")),
    path("", include("purchasing.urls")),
    path("", include("redemption.urls")),
    path("", include("approvals.urls")),
    path("", include("reports.urls")),
]
