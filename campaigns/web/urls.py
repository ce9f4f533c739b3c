from django.urls import URLPattern, URLResolver

from campaigns.web import gateway, letters, messages, reminder_runs, strategies, texts, today

app_name = "campaigns"
urlpatterns: list[URLPattern | URLResolver] = [
    *today.urlpatterns,
    *messages.urlpatterns,
    *letters.urlpatterns,
    *reminder_runs.urlpatterns,
    *strategies.urlpatterns,
    *texts.urlpatterns,
    *gateway.urlpatterns,
]
