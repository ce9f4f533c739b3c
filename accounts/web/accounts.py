"""The list of accounts and what is done to many of them at once."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.holds.enums import HoldScope
from accounts.holds.rules import HOLD_MANY
from accounts.holds.services import place_holds
from accounts.ledger.models import Account
from accounts.ledger.services import assign_accounts
from accounts.position.filtersets import AccountFilterSet
from accounts.teams.choices import PersonField
from accounts.teams.models import Team
from accounts.teams.queries import officers_under, present_team_ids
from accounts.web.account_page import AccountPage
from accounts.web.accounts_then import LedToAnyDay
from accounts.web.book_proof import BookProof
from accounts.web.holds import HoldForm
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web import navigation
from collections_app.core.web.forms import DayField
from collections_app.core.web.tables import AgeColumn, DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import Action, BulkAction, BulkActionPage, ListPage


class AccountTable(Table):
    row_label = "number"

    number = TextColumn(
        verbose_name=gettext_lazy("Account"), width=76, muted=True, bdi=True, order_by=("number",)
    )
    debtor = LinkColumn(
        "accounts:account_detail", text="debtor.name", verbose_name=gettext_lazy("Debtor"), phone=True
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True
    )
    overdue = MoneyColumn(
        accessor="standing.overdue",
        verbose_name=gettext_lazy("Overdue"),
        code=True,
        total=True,
        width=100,
        order_by=("standing__overdue",),
    )
    balance = MoneyColumn(
        accessor="standing.balance",
        verbose_name=gettext_lazy("Balance"),
        credit=True,
        width=116,
        order_by=("standing__balance",),
    )
    oldest = AgeColumn(
        accessor="standing.oldest_due_date",
        from_date=True,
        verbose_name=gettext_lazy("Oldest"),
        descending_first=False,
        order_by=("standing__oldest_due_date",),
        width=68,
    )
    officer = TextColumn(
        accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=108, muted=True
    )
    team = TextColumn(
        accessor="team.name", verbose_name=gettext_lazy("Team"), width=108, muted=True, shown=False
    )
    product = TextColumn(verbose_name=gettext_lazy("Product"), width=84, muted=True, shown=False)
    payer = TextColumn(
        accessor="debtor.get_payer_type_display",
        verbose_name=gettext_lazy("Payer"),
        width=92,
        muted=True,
        shown=False,
    )
    opened_date = DateColumn(verbose_name=gettext_lazy("Opened"), shown=False, order_by=("opened_date",))
    last_payment = DateColumn(
        accessor="standing.last_payment_date", verbose_name=gettext_lazy("Last payment"), shown=False
    )

    class Meta:
        order_by = "oldest"


class AccountListPage(LedToAnyDay, BookProof, ListPage):
    permission = "accounts.view_account"
    title = gettext_lazy("Accounts")
    lead = gettext_lazy("Every account you may see, with what is owed and what happens next.")
    menu = "accounts"
    # Every account has a standing; said so, its index gives the page's order without a sort.
    queryset = Account.objects.filter(standing__isnull=False).select_related(
        "debtor", "creditor", "officer", "team", "standing"
    )
    filterset_class = AccountFilterSet
    table_class = AccountTable
    list_name = "accounts"
    list_slot = "accounts"
    url_name = "accounts:account_list"
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    empty_text = gettext_lazy("No account yet. Bring a book in, and it stands here.")
    default_views = (
        (gettext_lazy("Overdue"), "overdue_min=0.01"),
        (gettext_lazy("Over 90 days"), "age=91-180&age=181-365&age=365%2B"),
        (gettext_lazy("In dispute"), "has_dispute=true"),
        (gettext_lazy("On hold"), "has_hold=true"),
        (gettext_lazy("Nobody's"), "officer=none"),
    )
    bulk_actions = (
        BulkAction(
            gettext_lazy("Add to campaign"), "campaigns:campaign_add_accounts", "campaigns.propose_campaign"
        ),
        BulkAction(gettext_lazy("Statements"), "campaigns:statements_many", "campaigns.run_statements"),
        BulkAction(gettext_lazy("Write off small balances"), "accounts:write_off_many", "accounts.write_off"),
        BulkAction(gettext_lazy("Place hold"), "accounts:account_hold_many", HOLD_MANY),
        BulkAction(
            gettext_lazy("Assign to officer"),
            "accounts:account_assign_many",
            "accounts.assign_account",
            primary=True,
        ),
    )

    def get_head_actions(self):
        """The same accounts on another day; what is filtered can be made the list of a campaign."""
        then = self.then_action()
        if not self.is_filtered:
            return [then]
        address = reverse("campaigns:campaign_new")
        return [
            then,
            Action(
                _("Plan campaign"),
                f"{address}?{urlencode({'segment': self.query})}",
                icon="speakerphone",
                permission="campaigns.propose_campaign",
            ),
        ]


class AssignForm(forms.Form):
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none())
    officer = PersonField(
        label=gettext_lazy("Officer"), queryset=User.objects.none(), required=False
    )
    effective_date = DayField(label=gettext_lazy("From"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args, user, as_of, **kwargs):
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(is_active=True).order_by("name")
        if user.role != Role.MANAGER:
            teams = teams.filter(pk__in=present_team_ids(user))
        self.fields["team"].queryset = teams
        self.fields["officer"].queryset = officers_under(user, as_of=as_of)
        self.fields["effective_date"].initial = as_of


class AssignManyPage(BulkActionPage):
    """D21: move accounts from whoever has them to an officer, in one action with a reason."""

    list_page = AccountListPage
    permission = "accounts.assign_account"
    title = gettext_lazy("Assign accounts")
    menu = "accounts"
    form_class = AssignForm
    button = gettext_lazy("Assign accounts")
    wide_fields = ("reason",)
    two_columns = True

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "as_of": self.today}

    def perform(self, form):
        return assign_accounts(
            account_ids=list(self.selected().values_list("pk", flat=True)),
            actor=self.request.user,
            **form.cleaned_data,
        )

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s account was assigned.", "%(n)s accounts were assigned.", len(result)) % {
            "n": len(result)
        }


class HoldManyPage(BulkActionPage):
    list_page = AccountListPage
    permission = HOLD_MANY
    title = gettext_lazy("Place hold")
    menu = "accounts"
    form_class = HoldForm
    button = gettext_lazy("Place hold")
    wide_fields = ("scopes", "note")
    two_columns = True

    def get_initial(self):
        return {"scopes": [HoldScope.CONTACT, HoldScope.DEMAND], "first_day": self.today}

    def perform(self, form):
        return place_holds(
            account_ids=list(self.selected().values_list("pk", flat=True)),
            actor=self.request.user,
            as_of=self.today,
            **form.cleaned_data,
        )

    def form_valid(self, form, result, url):
        messages.success(
            self.request,
            ngettext("%(n)s account is on hold.", "%(n)s accounts are on hold.", len(result))
            % {"n": len(result)},
        )
        return self.go(url)


navigation.register(
    "accounts",
    gettext_lazy("Accounts"),
    "accounts:account_list",
    icon="users",
    permission="accounts.view_account",
    order=20,
    letter="a",
)

urlpatterns = [
    path("accounts/", AccountListPage.as_view(), name="account_list"),
    path("accounts/assign/", AssignManyPage.as_view(), name="account_assign_many"),
    path("accounts/hold/", HoldManyPage.as_view(), name="account_hold_many"),
    path("accounts/<int:pk>/", AccountPage.as_view(), name="account_detail"),
]
