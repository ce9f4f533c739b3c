from django.urls import URLPattern

from reports.web import collector, monthly

app_name = "reports"
urlpatterns: list[URLPattern] = [
    *collector.urlpatterns,
    *monthly.urlpatterns,
]
