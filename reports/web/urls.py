from django.urls import URLPattern

from reports.web import builds, collector, collector_verbs, monthly, restatement

app_name = "reports"
urlpatterns: list[URLPattern] = [
    *collector.urlpatterns,
    *collector_verbs.urlpatterns,
    *restatement.urlpatterns,
    *builds.urlpatterns,
    *monthly.urlpatterns,
]
