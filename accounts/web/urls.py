from django.urls import URLPattern, URLResolver

from accounts.web import accounts, debtors, entries, payments

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *debtors.urlpatterns,
    *entries.urlpatterns,
    *payments.urlpatterns,
]
