from django.urls import path

from campaigns.web.campaigns import detail, lists, notices, picks, plan, verbs

urlpatterns = [
    path("campaigns/", lists.CampaignListPage.as_view(), name="campaign_list"),
    path("campaigns/new/", lists.CampaignNewPage.as_view(), name="campaign_new"),
    path("campaigns/add-accounts/", picks.AddToCampaignPage.as_view(), name="campaign_add_accounts"),
    path("campaigns/<int:pk>/take-out/", picks.TakeOutView.as_view(), name="campaign_take_out"),
    path("campaigns/<int:pk>/", detail.CampaignDetailPage.as_view(), name="campaign_detail"),
    path("campaigns/<int:pk>/change/", lists.CampaignChangePage.as_view(), name="campaign_change"),
    path("campaigns/<int:pk>/submit/", verbs.CampaignSubmitPage.as_view(), name="campaign_submit"),
    path("campaigns/<int:pk>/approve/", verbs.CampaignApprovePage.as_view(), name="campaign_approve"),
    path("campaigns/<int:pk>/send-back/", verbs.CampaignRejectPage.as_view(), name="campaign_reject"),
    path("campaigns/<int:pk>/start/", verbs.CampaignStartPage.as_view(), name="campaign_start"),
    path("campaigns/<int:pk>/close/", verbs.CampaignClosePage.as_view(), name="campaign_close"),
    path("campaigns/<int:pk>/activities/new/", plan.ActivityNewPage.as_view(), name="activity_new"),
    path("campaigns/<int:pk>/notices/print/", notices.NoticesPage.as_view(), name="notices_print"),
    path("campaigns/<int:pk>/note/", verbs.CampaignNoteView.as_view(), name="campaign_note"),
    path("activities/<int:pk>/", plan.ActivityChangePage.as_view(), name="activity_change"),
    path("activities/<int:pk>/advance/", plan.ActivityAdvance.as_view(), name="activity_advance"),
    path("notices/<int:pk>/result/", notices.NoticeResultView.as_view(), name="notice_result"),
]
