from django.urls import URLPattern

from reports.web import collector, monthly, restatement

app_name = "reports"
urlpatterns: list[URLPattern] = [
    *collector.urlpatterns,
    *restatement.urlpatterns,
    *monthly.urlpatterns,
]
