from django.urls import URLPattern

from reports.web import monthly

app_name = "reports"
urlpatterns: list[URLPattern] = [
    *monthly.urlpatterns,
]
