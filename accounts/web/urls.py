from django.urls import URLPattern, URLResolver

from accounts.web import (
    accounts,
    contacts,
    creditors,
    debtors,
    entries,
    follow_ups,
    office,
    payments,
    users,
)
from accounts.web.call import views as call

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *debtors.urlpatterns,
    *creditors.urlpatterns,
    *office.urlpatterns,
    *users.urlpatterns,
    *entries.urlpatterns,
    *payments.urlpatterns,
    *call.urlpatterns,
    *contacts.urlpatterns,
    *follow_ups.urlpatterns,
]
