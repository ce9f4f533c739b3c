"""From the account just worked to the next one of the list that can be worked now."""

from urllib.parse import urlencode

from django.contrib import messages
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.compliance.enums import Rule
from accounts.contacts.queries import open_call_of
from campaigns.web.may_call import from_text
from campaigns.worklists.workable import NextToWork, next_to_work
from collections_app.core import clock
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.views import PageView


class NextAccount(PageView):
    """Leads to the account below the one just worked, past those that must wait; to Today where none
    can be worked now."""

    permission = "campaigns.work_list"

    def get(self, request, *args, **kwargs):
        call = open_call_of(request.user)
        if call is not None:
            messages.warning(request, _("Save the outcome of this call first; then the next account comes."))
            return self.go(reverse("accounts:account_detail", args=[call.account_id]) + "?from=today")
        given = {name: request.GET.get(name, "") for name in ("after", "below")}
        given = {name: row_id(text) for name, text in given.items() if row_id(text) is not None}
        now = clock.now()
        found = next_to_work(request.user, self.today, now=now, **given)
        if found.passed:
            messages.info(request, passed_words(found, now))
        if found.account_id is None:
            return self.go(reverse("campaigns:today"))
        return self.go(reverse("accounts:account_detail", args=[found.account_id]) + "?from=today")


def passed_words(found: NextToWork, now) -> str:
    """How many accounts wait and why, each reason with the way to its accounts; from when, where nothing
    else can be worked."""
    total = found.passed.total()
    said = ngettext(
        "%(n)s account passed over that cannot be called now:",
        "%(n)s accounts passed over that cannot be called now:",
        total,
    ) % {"n": total}
    if found.account_id is None and found.opens is not None:
        opens = _("Nothing in your list can be worked now, the first %(from)s.")
        said = f"{opens % {'from': from_text(found.opens, now)}} {said}"
    elif found.account_id is None:
        said = _("Nothing in your list can be worked now.") + " " + said
    where = {"show": "later"}
    if found.first and found.last and found.first.place <= found.last.place:
        # else the list was begun anew on the way, and all of it was looked at
        ends = {"from": found.first, "until": found.last}
        where |= {name: f"{row.rank}.{row.account_id}" for name, row in ends.items()}
    doors = format_html_join(
        ", ",
        '<a class="u" href="{}">{} <b class="n">{}</b></a>',
        (
            (f"{reverse('campaigns:today')}?{urlencode({**where, 'rule': rule})}", Rule(rule).label, n)
            for rule, n in found.passed.most_common()
        ),
    )
    return format_html("{} {}", said, doors)


urlpatterns = [
    path("today/next/", NextAccount.as_view(), name="next_account"),
]
