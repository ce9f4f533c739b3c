from django.urls import URLPattern

from reports.web import (
    ageing,
    builds,
    collector,
    collector_restatement,
    collector_verbs,
    monthly,
    restatement,
)

app_name = "reports"
urlpatterns: list[URLPattern] = [
    *ageing.urlpatterns,
    *collector.urlpatterns,
    *collector_verbs.urlpatterns,
    *collector_restatement.urlpatterns,
    *restatement.urlpatterns,
    *builds.urlpatterns,
    *monthly.urlpatterns,
]
