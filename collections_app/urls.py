"""Every address of the product; each building keeps its own list."""

from django.urls import include, path

urlpatterns = [
    path("", include("collections_app.core.web.urls")),
    path("", include("accounts.web.urls")),
    path("", include("campaigns.web.urls")),
    path("reports/", include("reports.web.urls")),
]

handler400 = "collections_app.core.web.errors.bad_request"
handler403 = "collections_app.core.web.errors.forbidden"
handler404 = "collections_app.core.web.errors.not_found"
handler500 = "collections_app.core.web.errors.failed"
