"""Who has the papers: hand-overs to be signed, and the verbs for many cheques of the register."""

from django import forms
from django.db.models import Count, Sum
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.cheques.custody_models import ChequeHandOver
from accounts.cheques.enums import HAND_OVER, HandOverStatus
from accounts.cheques.models import Cheque
from accounts.cheques.rules import LODGE_CHEQUE, MOVE_CHEQUE, OFFICERS, VIEW_CHEQUE
from accounts.cheques.services import (
    end_hand_over,
    hand_to_bank,
    offer_hand_over,
    plan_submission,
    sign_hand_over,
    take_in_hand,
)
from accounts.payments.models import OwnBankAccount
from accounts.teams.choices import PersonField
from accounts.web.cheques.pages import ChequeListPage
from accounts.web.cheques.verbs import ChequeVerb
from accounts.web.steps import steps_section
from collections_app.core.models import User
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, BulkActionPage, DetailPage, ListPage, VerbView


class HandOverForm(forms.Form):
    taker = PersonField(label=gettext_lazy("To"), queryset=User.objects.none())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["taker"].queryset = User.objects.filter(role__in=OFFICERS, is_active=True).order_by(
            "full_name"
        )


class Offering(ActionPage):
    permission = LODGE_CHEQUE
    title = gettext_lazy("Hand cheques over")
    menu = "cheques"
    form_class = HandOverForm
    button = gettext_lazy("Offer for signature")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def consequence(self):
        return _("They stay with whoever holds them until the other has signed.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:hand_over_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("Waits for the signature of %(name)s.") % {"name": result.taker}


class OfferOnePage(Offering, ChequeVerb):
    permission = LODGE_CHEQUE

    def perform(self, form):
        return offer_hand_over(cheques=[self.object], **form.cleaned_data, **self.who_and_when)


class BulkCheques(BulkActionPage):
    list_page = ChequeListPage
    menu = "cheques"

    @property
    def who_and_when(self) -> dict:
        return {"actor": self.request.user, "as_of": self.today}


class OfferManyPage(Offering, BulkCheques):
    permission = LODGE_CHEQUE

    def perform(self, form):
        return offer_hand_over(cheques=self.selected(), **form.cleaned_data, **self.who_and_when)


class TakeManyPage(BulkCheques):
    permission = MOVE_CHEQUE
    title = gettext_lazy("Take cheques in hand")
    button = gettext_lazy("Take in hand")

    def consequence(self):
        return _("The papers were looked at, and nothing is missing on them.")

    def perform(self, form):
        return take_in_hand(cheques=self.selected(), **self.who_and_when)

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s cheque is in hand.", "%(n)s cheques are in hand.", len(result)) % {
            "n": len(result)
        }


class BankForm(forms.Form):
    bank_account = forms.ModelChoiceField(
        label=gettext_lazy("Our bank account"), queryset=OwnBankAccount.objects.none(), required=False
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].queryset = (
            OwnBankAccount.objects.visible_to(user).in_use().order_by("name")
        )


class PlanManyForm(BankForm):
    planned_on = DayField(
        label=gettext_lazy("Submit on"),
        not_before_today=True,
        required=False,
        help_text=gettext_lazy("Empty: as planned now; only the bank account changes."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("planned_on") and not cleaned.get("bank_account"):
            raise forms.ValidationError(_("Enter a day, a bank account, or both."))
        return cleaned


class PlanManyPage(BulkCheques):
    permission = MOVE_CHEQUE
    title = gettext_lazy("Plan submission")
    form_class = PlanManyForm
    button = gettext_lazy("Plan submission")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form):
        return plan_submission(cheques=self.selected(), **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s cheque is planned.", "%(n)s cheques are planned.", len(result)) % {
            "n": len(result)
        }


class CollectManyForm(BankForm):
    day = DayField(label=gettext_lazy("Given on"), not_after_today=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].required = True


class CollectManyPage(BulkCheques):
    permission = MOVE_CHEQUE
    title = gettext_lazy("Give to the bank for collection")
    form_class = CollectManyForm
    button = gettext_lazy("Give to the bank")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"day": self.today}

    def consequence(self):
        return _("The bank presents each on its planned day, not before its date.")

    def perform(self, form):
        return hand_to_bank(cheques=self.selected(), **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return ngettext("The bank has %(n)s cheque.", "The bank has %(n)s cheques.", len(result)) % {
            "n": len(result)
        }


class HandOverTable(Table):
    row_label = "giver"

    giver = LinkColumn("accounts:hand_over_detail", text="giver.full_name", verbose_name=gettext_lazy("From"))
    taker = TextColumn(accessor="taker.full_name", verbose_name=gettext_lazy("To"), width=188, phone=True)
    cheques = NumberColumn(accessor="number", verbose_name=gettext_lazy("Cheques"), width=92)
    offered_on = DateColumn(verbose_name=gettext_lazy("Offered"), order_by=("offered_on",))
    ended_on = DateColumn(verbose_name=gettext_lazy("Ended"), order_by=("ended_on",))
    status = StatusColumn(HandOverStatus, verbose_name=gettext_lazy("Status"), width=132, phone=True)

    class Meta:
        order_by = "-offered_on"


class HandOverListPage(ListPage):
    permission = VIEW_CHEQUE
    title = gettext_lazy("Hand-overs of cheques")
    menu = "cheques"
    table_class = HandOverTable
    list_name = "cheque_hand_overs"
    url_name = "accounts:hand_over_list"
    count_label = ngettext_lazy("%(n)s hand-over", "%(n)s hand-overs", "n")
    empty_text = gettext_lazy("No cheque was handed over. Choose cheques in the register to do so.")

    def get_crumbs(self):
        return [Crumb(_("Cheques"), reverse("accounts:cheque_list"))]

    def get_queryset(self):
        return (
            ChequeHandOver.objects.visible_to(self.request.user)
            .select_related("giver", "taker")
            .annotate(number=Count("items"))
        )


class HandOverDetailPage(DetailPage):
    permission = VIEW_CHEQUE
    menu = "cheques"
    queryset = ChequeHandOver.objects.select_related("giver", "taker")
    status_field = "status"
    list_url_name = "accounts:hand_over_list"
    list_title = gettext_lazy("Hand-overs")

    def get_title(self):
        return _("%(giver)s hands over to %(taker)s") % {
            "giver": self.object.giver,
            "taker": self.object.taker,
        }

    def get_head_actions(self):
        hand_over, user = self.object, self.request.user
        if hand_over.status != HandOverStatus.OFFERED:
            return []
        end = reverse("accounts:hand_over_end", args=[hand_over.pk])
        if user.pk != hand_over.taker_id:
            return [Action(_("Take back"), end, icon="arrow-back-up", permission=LODGE_CHEQUE)]
        return [
            Action(_("Decline"), end, icon="circle-x", permission=LODGE_CHEQUE),
            Action(
                _("I have these cheques"),
                reverse("accounts:hand_over_sign", args=[hand_over.pk]),
                icon="writing",
                primary=True,
                post=True,
                permission=LODGE_CHEQUE,
            ),
        ]

    def lines(self):
        """The papers; whoever only looks on sees those of accounts in his view."""
        hand_over, user = self.object, self.request.user
        if user.pk in (hand_over.giver_id, hand_over.taker_id):
            return hand_over.items.all()
        return hand_over.items.filter(cheque__in=Cheque.objects.visible_to(user))

    def figures(self):
        sums = (
            self.lines()
            .values("cheque__currency")
            .annotate(total=Sum("cheque__amount"), number=Count("pk"))
            .order_by("cheque__currency")
        )
        return [
            Figure(
                ngettext("%(n)s cheque", "%(n)s cheques", row["number"]) % {"n": row["number"]},
                ui.money_with_code(row["total"], row["cheque__currency"]),
            )
            for row in sums
        ]

    def sections(self):
        hand_over = self.object
        facts = [Fact(_("Offered"), day_text(hand_over.offered_on, self.today))]
        if hand_over.note:
            facts.append(Fact(_("Note"), hand_over.note))
        lines = self.lines().select_related("cheque__debtor").order_by("id")
        return [
            Section(
                _("Cheques"),
                template="accounts/cheques/papers_list.html",
                context={"lines": list(lines)},
            ),
            Section(_("The hand-over"), facts=facts),
            steps_section(HAND_OVER, hand_over),
        ]


class HandOverVerb(ActionPage):
    permission = LODGE_CHEQUE
    menu = "cheques"
    queryset = ChequeHandOver.objects.select_related("giver", "taker")
    statuses = (HandOverStatus.OFFERED,)

    def get_success_url(self, result) -> str:
        return reverse("accounts:hand_over_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:hand_over_detail", args=[self.object.pk])


class SignHandOverView(HandOverVerb, VerbView):
    def perform(self, form):
        return sign_hand_over(hand_over=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("Signed: the cheques are with you.")


class EndForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class EndHandOverPage(HandOverVerb):
    title = gettext_lazy("End a hand-over")
    form_class = EndForm
    button = gettext_lazy("End the hand-over")

    def consequence(self):
        return _("The cheques stay with %(name)s.") % {"name": self.object.giver}

    def perform(self, form):
        return end_hand_over(
            hand_over=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The hand-over has ended.")


urlpatterns = [
    path("cheques/hand-over/", OfferManyPage.as_view(), name="cheques_hand_over"),
    path("cheques/take/", TakeManyPage.as_view(), name="cheques_take"),
    path("cheques/plan/", PlanManyPage.as_view(), name="cheques_plan"),
    path("cheques/collect/", CollectManyPage.as_view(), name="cheques_collect"),
    path("cheques/<int:pk>/hand-over/", OfferOnePage.as_view(), name="cheque_hand_over"),
    path("cheques/hand-overs/", HandOverListPage.as_view(), name="hand_over_list"),
    path("cheques/hand-overs/<int:pk>/", HandOverDetailPage.as_view(), name="hand_over_detail"),
    path("cheques/hand-overs/<int:pk>/sign/", SignHandOverView.as_view(), name="hand_over_sign"),
    path("cheques/hand-overs/<int:pk>/end/", EndHandOverPage.as_view(), name="hand_over_end"),
]
