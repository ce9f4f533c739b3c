from django.urls import URLPattern, URLResolver

from accounts.web import (
    accounts,
    approvals,
    contacts,
    creditors,
    debtors,
    disputes,
    entries,
    first_steps,
    follow_ups,
    hardship,
    holds,
    imports,
    office,
    payments,
    policies,
    promises,
    questions,
    tasks,
    users,
)
from accounts.web.call import views as call

app_name = "accounts"
first_steps.register()
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
    *promises.urlpatterns,
    *disputes.urlpatterns,
    *questions.urlpatterns,
    *holds.urlpatterns,
    *hardship.urlpatterns,
    *tasks.urlpatterns,
    *approvals.urlpatterns,
    *policies.urlpatterns,
    *imports.urlpatterns,
]
