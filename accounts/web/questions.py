"""A department user's own questions: the question, the items, the evidence, and nothing else."""

from dataclasses import replace
from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.disputes.enums import DisputeReason, DisputeStatus
from accounts.disputes.filtersets import QuestionFilterSet
from accounts.disputes.models import Dispute
from accounts.disputes.queries import with_bills
from accounts.disputes.rules import ANSWER_DISPUTE, asked_ids
from accounts.disputes.services import answer_dispute
from accounts.web.disputes import evidence_rows, item_rows
from collections_app.core.money import format_amount
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, ListPage


def questions_of(user, today):
    """Disputes whose question is this user's to answer, or was."""
    return Dispute.objects.filter(asked__in=asked_ids(user, today)).exclude(raised_by=user)


def question_of(user, today, **by) -> Dispute:
    """One of the user's own questions, else a 404."""
    found = (
        questions_of(user, today).select_related("department", "asked", "answered_by").filter(**by).first()
    )
    if found is None:
        raise Http404(_("There is no such question, or it is not yours."))
    return found


class QuestionTable(Table):
    row_label = "question"

    question = LinkColumn(
        "accounts:question_detail",
        text=lambda row: row.question[:90],
        note=lambda row: ", ".join(row.bills),
        verbose_name=gettext_lazy("Question"),
    )
    reason = TextColumn(
        accessor="get_reason_display", verbose_name=gettext_lazy("Reason"), width=172, muted=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True)
    department = TextColumn(
        accessor="department.name", verbose_name=gettext_lazy("For"), width=116, muted=True
    )
    raised_on = DateColumn(verbose_name=gettext_lazy("Asked"), order_by=("raised_on",))
    answer_due = DateColumn(verbose_name=gettext_lazy("Answer due"), order_by=("answer_due",))
    status = StatusColumn(DisputeStatus, verbose_name=gettext_lazy("Status"), width=188)

    class Meta:
        order_by = "answer_due"


class QuestionListPage(ListPage):
    permission = ANSWER_DISPUTE
    title = gettext_lazy("My questions")
    lead = gettext_lazy("Your answer alone decides each of these, so nobody goes on without it.")
    menu = "questions"
    filterset_class = QuestionFilterSet
    table_class = QuestionTable
    list_name = "questions"
    url_name = "accounts:question_list"
    count_label = ngettext_lazy("%(n)s question", "%(n)s questions", "n")
    empty_text = gettext_lazy("No question is with you.")
    exportable = False

    default_views = ((gettext_lazy("Answered"), "which=answered"),)

    def get_queryset(self):
        return with_bills(questions_of(self.request.user, self.today).select_related("department"))

    def tabs(self):
        tabs = super().tabs()
        return [replace(tabs[0], label=_("To answer")), *tabs[1:]]


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Why it is right or wrong; it stands in the record."),
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("The debtor is"),
        choices=[
            ("right", gettext_lazy("right: all of it is taken back")),
            ("part", gettext_lazy("right in part")),
            ("wrong", gettext_lazy("wrong: it stays due")),
        ],
        widget=forms.RadioSelect,
    )
    upheld_amount = MoneyFormField(
        label=gettext_lazy("Amount taken back"), required=False, min_value=Decimal(0)
    )

    def __init__(self, *args, dispute: Dispute, **kwargs):
        super().__init__(*args, **kwargs)
        self.dispute = dispute
        self.fields["upheld_amount"].currency = dispute.currency
        self.fields["upheld_amount"].help_text = _("Only when right in part, up to %(amount)s.") % {
            "amount": format_amount(dispute.amount, dispute.currency, with_currency=True)
        }

    def clean(self):
        cleaned = super().clean()
        outcome, amount = cleaned.get("outcome"), cleaned.get("upheld_amount")
        if outcome == "part" and not amount:
            self.add_error("upheld_amount", _("Write how much is taken back."))
        if outcome == "right":
            cleaned["upheld_amount"] = self.dispute.amount
        elif outcome == "wrong":
            cleaned["upheld_amount"] = Decimal(0)
        return cleaned


class QuestionPage(ActionPage):
    """The question with what is needed to answer it, and the answer."""

    permission = ANSWER_DISPUTE
    menu = "questions"
    template_name = "accounts/question.html"
    form_class = AnswerForm
    button = gettext_lazy("Send answer")

    def get_object(self):
        return question_of(self.request.user, self.today, **self.kwargs)

    def get_title(self):
        return DisputeReason(self.object.reason).label

    def get_crumbs(self):
        return [Crumb(_("My questions"), reverse("accounts:question_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"dispute": self.object}

    def get_initial(self):
        return {"outcome": ""}

    def facts(self):
        dispute = self.object
        found = [
            Fact(_("For"), dispute.department),
            Fact(_("Asked on"), day_text(dispute.raised_on, self.today)),
            Fact(_("Answer due"), day_text(dispute.answer_due, self.today)),
            Fact(_("In question"), ui.money_with_code(dispute.amount, dispute.currency)),
        ]
        if dispute.asked_id != self.request.user.pk:
            found.append(Fact(_("You stand in for"), dispute.asked))
        return found

    def consequence(self):
        return _("What you take back is credited at once; what stays is asked for again after some days.")

    def perform(self, form):
        return answer_dispute(
            dispute=self.object,
            answer=form.cleaned_data["answer"],
            upheld_amount=form.cleaned_data["upheld_amount"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("Your answer is sent. Thank you.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:question_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:question_list")

    def evidence_link(self) -> Crumb | None:
        if self.object.status != DisputeStatus.OPEN:
            return None
        return Crumb(_("Add a document"), reverse("accounts:question_evidence_new", args=[self.object.pk]))

    def get_context_data(self, **kwargs):
        dispute = self.object
        return super().get_context_data(
            dispute=dispute,
            is_open=dispute.status == DisputeStatus.OPEN,
            evidence_link=self.evidence_link(),
            section={
                "items": item_rows(dispute),
                "linked": False,
                "currency": dispute.currency,
                "files": evidence_rows(dispute),
            },
            **kwargs,
        )


def waiting(user, as_of) -> int | None:
    """Questions to answer; nothing for those who are never asked."""
    if not has_permission(user, ANSWER_DISPUTE):
        return None
    return questions_of(user, as_of).filter(status=DisputeStatus.OPEN).count() or None


navigation.register(
    "questions",
    gettext_lazy("Questions"),
    "accounts:question_list",
    icon="message-question",
    permission=ANSWER_DISPUTE,
    order=36,
    letter="q",
    count=waiting,
)

urlpatterns = [
    path("questions/", QuestionListPage.as_view(), name="question_list"),
    path("questions/<int:pk>/", QuestionPage.as_view(), name="question_detail"),
]
