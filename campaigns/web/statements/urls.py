from django.urls import path

from campaigns.web.statements import check, detail, letters, lists, many, screen

urlpatterns = [
    path("statements/", lists.StatementListPage.as_view(), name="statement_list"),
    path("statements/many/", many.ManyPage.as_view(), name="statements_many"),
    path("statements/<int:pk>/", detail.StatementPage.as_view(), name="statement_detail"),
    path("statement-runs/", lists.RunListPage.as_view(), name="statement_run_list"),
    path("statement-runs/<int:pk>/", detail.RunPage.as_view(), name="statement_run_detail"),
    path("campaigns/<int:pk>/statements/", many.CampaignStatementsPage.as_view(), name="campaign_statements"),
    path("debtors/<int:pk>/statement/", screen.DebtorScreenPage.as_view(), name="debtor_statement"),
    path("accounts/<int:pk>/statement/", screen.AccountScreenPage.as_view(), name="account_statement"),
    path(
        "debtors/<int:pk>/statement/issue/", screen.DebtorIssuePage.as_view(), name="debtor_statement_issue"
    ),
    path(
        "accounts/<int:pk>/statement/issue/",
        screen.AccountIssuePage.as_view(),
        name="account_statement_issue",
    ),
    path("debtors/<int:pk>/clearance/", letters.DebtorLetterPage.as_view(), name="debtor_clearance"),
    path("accounts/<int:pk>/clearance/", letters.AccountLetterPage.as_view(), name="account_clearance"),
    path("clearance-letters/", lists.LetterListPage.as_view(), name="clearance_list"),
    path("clearance-letters/<int:pk>/", letters.LetterPage.as_view(), name="clearance_detail"),
    path("clearance-letters/<int:pk>/withdraw/", letters.WithdrawPage.as_view(), name="clearance_withdraw"),
    path("entries/<int:pk>/receipt/", letters.ReceiptView.as_view(), name="payment_receipt"),
    path("check-letter/", check.LetterCheckPage.as_view(), name="letter_check"),
]
