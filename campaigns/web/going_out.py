"""What goes out next, for those who work with the accounts: look, and hold with one click."""

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.holds.rules import PLACE_HOLD
from campaigns.sending import rules, wording
from campaigns.sending.models import Message, MessageAccount
from campaigns.sending.queries import open_pauses
from campaigns.treatment.forewarning import OWN_FIRST, going_out, hold_back
from collections_app.core import clock
from collections_app.core.permissions import has_permission
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import PageView, VerbView

PAGE = 50


class GoingOutPage(PageView):
    permission = rules.VIEW
    template_name = "campaigns/going_out.html"
    title = gettext_lazy("Before it goes")
    lead = gettext_lazy("Reminders that wait to leave. Hold one, and nobody asks this debtor for a week.")
    menu = "messages"

    def get_crumbs(self):
        return [Crumb(_("Messages"), reverse("campaigns:message_list"))]

    def get_context_data(self, **kwargs):
        user = self.request.user
        own = user.role in OWN_FIRST and "all" not in self.request.GET
        lines = MessageAccount.objects.select_related("account").order_by("account__number")
        found = going_out(user, own=own).prefetch_related(Prefetch("lines", queryset=lines))
        waiting = Paginator(found, PAGE).get_page(self.request.GET.get("page"))
        for message in waiting:
            message.leaves = wording.leaves_words(message, today=self.today)
            message.sums = {}
            for line in message.lines.all():
                message.sums[line.currency] = message.sums.get(line.currency, 0) + line.demanded
        return super().get_context_data(
            waiting=waiting,
            pauses=open_pauses(user),
            own=own,
            may_choose=user.role in OWN_FIRST,
            may_hold=has_permission(user, PLACE_HOLD),
            **kwargs,
        )


class HoldBackView(VerbView):
    permission = PLACE_HOLD
    menu = "messages"
    queryset = Message.objects.select_related("debtor", "creditor", "template_version__template")

    def perform(self, form):
        return hold_back(message=self.object, actor=self.request.user, now=clock.now())

    def get_success_url(self, result):
        return reverse("campaigns:going_out")

    def get_success_message(self, result):
        return _("Held: nothing that asks %(debtor)s for money goes out for a week.") % {
            "debtor": self.object.debtor.name
        }


urlpatterns = [
    path("messages/going-out/", GoingOutPage.as_view(), name="going_out"),
    path("messages/<int:pk>/hold/", HoldBackView.as_view(), name="message_hold"),
]
