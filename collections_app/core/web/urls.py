"""The kernel's own addresses: signing in, one's own pages, jobs, history, files."""

from django.urls import path

from collections_app.core.web import files, glossary, guides, history, jobs, own_pages, setup, sign_in, style

app_name = "core"
urlpatterns = [
    path("", own_pages.Home.as_view(), name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign_out"),
    path("password/change/", sign_in.PasswordChange.as_view(), name="password_change"),
    path("password/forgotten/", sign_in.PasswordForgotten.as_view(), name="password_forgotten"),
    path("password/sent/", sign_in.PasswordForgottenSent.as_view(), name="password_forgotten_sent"),
    path("password/new/<uidb64>/<token>/", sign_in.PasswordNew.as_view(), name="password_new"),
    path("set-up/", setup.Setup.as_view(), name="setup"),
    path("set-up/steps/", setup.FirstSteps.as_view(), name="first_steps"),
    path("search/", own_pages.Search.as_view(), name="search"),
    path("profile/", own_pages.Profile.as_view(), name="profile"),
    path("profile/appearance/", own_pages.Appearance.as_view(), name="appearance"),
    path("session/stay/", own_pages.Stay.as_view(), name="stay"),
    path("menu/counts/", own_pages.MenuCounts.as_view(), name="menu_counts"),
    path("jobs/", jobs.JobList.as_view(), name="job_list"),
    path("jobs/<int:pk>/", jobs.JobDetail.as_view(), name="job_detail"),
    path("jobs/<int:pk>/cancel/", jobs.JobCancel.as_view(), name="job_cancel"),
    path("history/<str:subject_type>/<int:pk>/", history.History.as_view(), name="history"),
    path("audit/", history.AuditList.as_view(), name="audit_list"),
    path("audit/<int:pk>/", history.AuditDetail.as_view(), name="audit_detail"),
    path("files/<uuid:token>/", files.FileDownload.as_view(), name="file_download"),
    path("glossary/", glossary.Glossary.as_view(), name="glossary"),
    path("guides/", guides.Guide.as_view(), name="guides"),
    path("guides/<slug:name>/", guides.Guide.as_view(), name="guide"),
    path("style/", style.Style.as_view(), name="style"),
]
