"""What cheques show on an account's page: a fragment that is asked for after the page."""

from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.models import ChequeShare
from accounts.cheques.queries import cover
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
        shares = (
            ChequeShare.objects.filter(account=account, cheque__received_on__lte=self.as_of)
            .select_related("cheque")
            .order_by("-cheque__cheque_date", "-id")[:MOST_SHOWN]
        )
        panel = {
            "is_drawn": True,
            "account": account.pk,
            "number": account.number,
            "currency": account.currency,
            "covered": cover([account.pk], self.as_of).get(account.pk),
            "rows": list(shares),
        }
        return super().get_context_data(panel=panel, **kwargs)


urlpatterns = [
    path("accounts/<int:pk>/cheques/", AccountChequesFragment.as_view(), name="account_cheques"),
]
