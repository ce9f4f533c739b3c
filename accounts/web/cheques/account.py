"""What cheques show on an account's page: a fragment that is asked for after the page."""

from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.models import Cheque, ChequeShare
from accounts.cheques.queries import cover, on_day
from accounts.cheques.rules import VIEW_CHEQUE
from accounts.ledger.models import Account
from collections_app.core.web.views import PageView

MOST_SHOWN = 12


class AccountChequesFragment(PageView):
    permission = VIEW_CHEQUE
    title = gettext_lazy("Cheques")
    menu = "accounts"
    template_name = "accounts/cheques/account_fragment.html"
    offers_as_of = True
    fragments = {"account-cheques": "cheques"}

    def get_context_data(self, **kwargs):
        account = Account.objects.visible_to(self.request.user).filter(**self.kwargs).first()
        if account is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        shares = list(
            ChequeShare.objects.filter(account=account, cheque__received_on__lte=self.as_of)
            .select_related("cheque")
            .order_by("-cheque__cheque_date", "-id")[:MOST_SHOWN]
        )
        if self.is_past:
            self._say_as_then(shares)
        panel = {
            "is_drawn": True,
            "account": account.pk,
            "number": account.number,
            "currency": account.currency,
            "covered": cover([account.pk], self.as_of).get(account.pk),
            "rows": shares,
        }
        return super().get_context_data(panel=panel, **kwargs)

    def _say_as_then(self, shares: list[ChequeShare]) -> None:
        """Make the cheques in memory say where they stood on the day; nothing of it is saved."""
        there = Cheque.objects.filter(pk__in=[share.cheque_id for share in shares])
        then = dict(on_day(there, self.as_of).values_list("pk", "status_then"))
        for share in shares:
            share.cheque.status = then.get(share.cheque_id) or share.cheque.status


urlpatterns = [
    path("accounts/<int:pk>/cheques/", AccountChequesFragment.as_view(), name="account_cheques"),
]
