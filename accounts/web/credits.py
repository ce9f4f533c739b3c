"""Credit balances: who has paid more than he owes, since when; paid back or moved, with approval."""

from django import forms
from django.contrib import messages
from django.db.models import DateField
from django.db.models.expressions import RawSQL
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import Account
from accounts.payments.credits import move_credit, move_of, refund_credit, refund_of
from accounts.payments.splitting import accounts_beside
from accounts.position.filtersets import AccountFilterSet
from accounts.web.accounts_then import LedToAnyDay
from accounts.web.book_proof import BookProof
from accounts.web.payments import MoneyForm, MoneyVerb
from accounts.web.proposals import ApprovableVerb, authority_fact
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.parts import Fact
from collections_app.core.web.tables import AgeColumn, DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage

# The last day on which the balance went below zero and has stayed there.
SINCE = """
(SELECT max(r.value_date) FROM (
    SELECT m.value_date, m.after, coalesce(lag(m.after) OVER (ORDER BY m.value_date), 0) AS before
    FROM (SELECT e.value_date,
                 sum(sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END))
                     OVER (ORDER BY e.value_date) AS after
          FROM accounts_ledgerentry e WHERE e.account_id = accounts_account.id
          GROUP BY e.value_date) m) r
 WHERE r.after < 0 AND r.before >= 0)
"""


class CreditTable(Table):
    row_label = "number"

    debtor = LinkColumn(
        "accounts:account_detail", text="debtor.name", note="number", verbose_name=gettext_lazy("Debtor")
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=140, muted=True
    )
    credit = MoneyColumn(
        accessor="standing.credit",
        verbose_name=gettext_lazy("Credit"),
        code=True,
        total=True,
        order_by=("standing__credit",),
    )
    since = DateColumn(verbose_name=gettext_lazy("In credit since"), width=116)
    age = AgeColumn(accessor="since", from_date=True, verbose_name=gettext_lazy("Days"), width=76)
    last_payment = DateColumn(
        accessor="standing.last_payment_date", verbose_name=gettext_lazy("Last payment"), width=104
    )
    open_items = MoneyColumn(
        accessor="standing.balance", verbose_name=gettext_lazy("Balance"), credit=True, shown=False
    )
    officer = TextColumn(
        accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=124, muted=True
    )

    class Meta:
        order_by = "-credit"


class CreditListPage(LedToAnyDay, BookProof, ListPage):
    permission = "accounts.view_account"
    title = gettext_lazy("Credit balances")
    lead = gettext_lazy(
        "Money beyond what is owed: pay it back, or move it to another account of the debtor."
    )
    menu = "credits"
    filterset_class = AccountFilterSet
    table_class = CreditTable
    list_name = "credits"
    url_name = "accounts:credit_list"
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    empty_text = gettext_lazy("Nobody has paid more than he owes.")

    then_side = "credit"

    def get_head_actions(self):
        return [self.then_action()]

    def get_queryset(self):
        return (
            Account.objects.visible_to(self.request.user)
            .filter(standing__credit__gt=0)
            .annotate(since=RawSQL(SINCE, [], output_field=DateField()))
            .select_related("debtor", "creditor", "officer", "standing")
        )


class RefundForm(MoneyForm):
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class CreditVerb(ApprovableVerb, MoneyVerb):
    permission = "accounts.post_entry"
    wide_fields = ("reason",)
    act = ""

    def get(self, request, *args, **kwargs):
        standing = getattr(self.object, "standing", None)
        if not (standing and standing.credit):
            messages.warning(
                request, _("This account is not in credit, so there is nothing to pay back or move.")
            )
            return self.go(self.get_cancel_url())
        return super().get(request, *args, **kwargs)

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        return {"amount": standing.credit if standing and standing.credit else None}

    def facts(self):
        standing = getattr(self.object, "standing", None)
        credit = standing.credit if standing else 0
        return [
            Fact(_("Credit"), ui.money_with_code(credit, self.object.currency)),
            authority_fact(self.act, self.object, self.request.user, self.today),
        ]


class RefundPage(CreditVerb):
    title = gettext_lazy("Pay credit back")
    form_class = RefundForm
    button = gettext_lazy("Pay credit back")
    act = "refund"

    def consequence(self):
        return _("The credit goes down today. If the refund does not arrive, reverse its entry.")

    def proposed_entries(self, form):
        return refund_of(self.object, as_of=self.today, **form.cleaned_data)

    def post_alone(self, form):
        return refund_credit(
            account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_posted_message(self, result) -> str:
        return _("The credit is paid back.")


class MoveForm(MoneyForm):
    to = forms.ModelChoiceField(label=gettext_lazy("To account"), queryset=Account.objects.none())
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        beside = [one.pk for one in accounts_beside(self.account) if one.pk != self.account.pk]
        self.fields["to"].queryset = Account.objects.filter(pk__in=beside).select_related("debtor")


class MovePage(CreditVerb):
    title = gettext_lazy("Move credit")
    form_class = MoveForm
    button = gettext_lazy("Move credit")
    act = "adjustment"

    def consequence(self):
        return _(
            "Two entries, tied together: a debit here and a credit there. "
            "Reverse one, and both are taken back."
        )

    def proposed_entries(self, form):
        return move_of(self.object, as_of=self.today, **form.cleaned_data)

    def post_alone(self, form):
        return move_credit(
            account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_posted_url(self, result):
        return reverse("accounts:account_detail", args=[result[-1].account_id])

    def get_posted_message(self, result) -> str:
        return _("The credit is moved.")


navigation.register(
    "credits",
    gettext_lazy("Credit balances"),
    "accounts:credit_list",
    icon="receipt-refund",
    permission="accounts.view_account",
    order=75,
    group="money",
)

urlpatterns = [
    path("credit-balances/", CreditListPage.as_view(), name="credit_list"),
    path("accounts/<int:pk>/refund/", RefundPage.as_view(), name="credit_refund"),
    path("accounts/<int:pk>/move-credit/", MovePage.as_view(), name="credit_move"),
]
