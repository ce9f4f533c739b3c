from django.urls import URLPattern, URLResolver

from campaigns.web import today

app_name = "campaigns"
urlpatterns: list[URLPattern | URLResolver] = [
    *today.urlpatterns,
]
