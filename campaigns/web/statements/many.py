"""Statements for many: the accounts of a list, a saved view or a campaign, in one run."""

from django import forms
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.web.accounts import AccountListPage
from campaigns.campaign.models import Campaign
from campaigns.statements import rules
from campaigns.statements.enums import Delivery, Each
from campaigns.statements.jobs import IssueStatements
from campaigns.statements.services import order_run
from campaigns.web.statements.screen import PeriodForm, usual_period
from collections_app.core import clock
from collections_app.core.web.actions import BulkActionPage
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage


class CreditorField(forms.ModelChoiceField):
    """A creditor, with how many of the chosen accounts are his."""

    def label_from_instance(self, obj):
        return ngettext("%(creditor)s, %(n)s account", "%(creditor)s, %(n)s accounts", obj.chosen) % {
            "creditor": obj.name,
            "n": obj.chosen,
        }


class ManyForm(PeriodForm):
    creditor = CreditorField(
        label=gettext_lazy("Creditor"), queryset=Creditor.objects.none(), empty_label=None
    )
    each = forms.ChoiceField(label=gettext_lazy("How many"), choices=Each.choices)
    delivery = forms.ChoiceField(label=gettext_lazy("How they go out"), choices=Delivery.choices)
    is_again = forms.BooleanField(
        label=gettext_lazy("Issue again what exists for these days"), required=False
    )

    def __init__(self, *args, creditors, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditors


class ManyStatements:
    """The form and what it does, whatever the accounts come from: `accounts()` says which."""

    permission = rules.RUN
    title = gettext_lazy("Issue statements")
    button = gettext_lazy("Issue statements")
    form_class = ManyForm
    two_columns = True

    def accounts(self):
        raise NotImplementedError

    @cached_property
    def creditors(self):
        """A run is one creditor's: nothing crosses the wall. Those of the most accounts come first."""
        mine = self.accounts().order_by().filter(creditor=OuterRef("pk")).values("creditor")
        counted = Subquery(mine.annotate(number=Count("*")).values("number"))
        return Creditor.objects.annotate(chosen=counted).filter(chosen__gt=0).order_by("-chosen", "name")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"creditors": self.creditors}

    def get_initial(self):
        first, last = usual_period(self.today)
        return {
            "first_day": first,
            "last_day": last,
            "each": Each.DEBTOR,
            "delivery": Delivery.NONE,
            "creditor": self.creditors.first(),
        }

    def consequence(self):
        return _(
            "Each is proved before it is made. Whoever has an address that does not work, is on hold or has "
            "nothing to state is left out and listed. A run twice for the same days adds nothing."
        )

    def selection_words(self) -> str:
        return ""

    def perform(self, form):
        data = form.cleaned_data
        ids = (
            self.accounts()
            .filter(creditor=data["creditor"])
            .order_by("pk")
            .values_list("pk", flat=True)[: rules.RUN_LIMIT + 1]
        )
        run = order_run(
            account_ids=ids,
            selection=self.selection_words(),
            actor=self.request.user,
            as_of=self.today,
            now=clock.now(),
            **data,
        )
        return IssueStatements.enqueue_once(
            scope=str(run.pk), as_of=self.today, params={"run": run.pk}, actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


class ManyPage(ManyStatements, BulkActionPage):
    """For the ticked rows of the account list, or all that its filters (or a saved view) select."""

    list_page = AccountListPage
    menu = "accounts"

    def accounts(self):
        return Account.objects.filter(pk__in=self.selected().order_by().values("pk"))

    def selection_words(self):
        return self.request.POST.get("selection", "") if self.request.POST.get("all") else ""

    def get_crumbs(self):
        return [Crumb(_("Accounts"), self.list_url())]


class CampaignStatementsPage(ManyStatements, ActionPage):
    """For the members of a campaign that the user may see."""

    queryset = Campaign.objects.all()
    menu = "campaigns"

    def accounts(self):
        return Account.objects.visible_to(self.request.user).filter(
            campaign_memberships__campaign=self.object
        )

    def selection_words(self):
        return f"campaign={self.object.pk}"

    def facts(self):
        return [Fact(_("Campaign"), self.object), Fact(_("Members"), self.accounts().count())]

    def get_cancel_url(self):
        return reverse("campaigns:campaign_detail", args=[self.object.pk])

    def get_crumbs(self):
        return [Crumb(str(self.object), self.get_cancel_url())]
