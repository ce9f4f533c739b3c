from django.urls import URLPattern, URLResolver

from campaigns.web import (
    escalations,
    feed_alarms,
    feeds,
    first_steps,
    folder,
    gateway,
    going_out,
    ladder,
    letters,
    message_verbs,
    messages,
    next_account,
    notice_giving,
    notices,
    previews,
    reminder_runs,
    returned_mail,
    strategies,
    strategy_outcome,
    text_verbs,
    texts,
    today,
    waiting,
    what_ifs,
    why_not,
    worsening,
)
from campaigns.web.campaigns import urls as campaign_urls
from campaigns.web.statements import urls as statement_urls

app_name = "campaigns"
first_steps.register()
waiting.register()
previews.register()
why_not.register()
urlpatterns: list[URLPattern | URLResolver] = [
    *today.urlpatterns,
    *next_account.urlpatterns,
    *escalations.urlpatterns,
    *feeds.urlpatterns,
    *feed_alarms.urlpatterns,
    *going_out.urlpatterns,
    *messages.urlpatterns,
    *message_verbs.urlpatterns,
    *letters.urlpatterns,
    *returned_mail.urlpatterns,
    *notices.urlpatterns,
    *notice_giving.urlpatterns,
    *folder.urlpatterns,
    *reminder_runs.urlpatterns,
    *previews.urlpatterns,
    *strategies.urlpatterns,
    *ladder.urlpatterns,
    *what_ifs.urlpatterns,
    *strategy_outcome.urlpatterns,
    *texts.urlpatterns,
    *text_verbs.urlpatterns,
    *gateway.urlpatterns,
    *why_not.urlpatterns,
    *worsening.urlpatterns,
    *campaign_urls.urlpatterns,
    *statement_urls.urlpatterns,
]
