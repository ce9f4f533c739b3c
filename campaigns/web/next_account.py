"""From the account just worked to the next one of the list."""

from django.contrib import messages
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.contacts.queries import open_call_of
from campaigns.worklists.queries import next_account
from collections_app.core.web.views import PageView


class NextAccount(PageView):
    """Leads to the account below the one just worked; to Today at the end of the list."""

    permission = "campaigns.work_list"

    def get(self, request, *args, **kwargs):
        call = open_call_of(request.user)
        if call is not None:
            messages.warning(request, _("Save the outcome of this call first; then the next account comes."))
            return self.go(reverse("accounts:account_detail", args=[call.account_id]) + "?from=today")
        given = {name: request.GET.get(name, "") for name in ("after", "below")}
        given = {name: int(text) for name, text in given.items() if text.lstrip("-").isdigit()}
        found = next_account(request.user, self.today, **given)
        if found is None:
            return self.go(reverse("campaigns:today"))
        return self.go(reverse("accounts:account_detail", args=[found]) + "?from=today")


urlpatterns = [
    path("today/next/", NextAccount.as_view(), name="next_account"),
]
