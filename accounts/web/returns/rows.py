"""Rows of return files: what the bank says beside the receipts it may mean."""

from django import forms
from django.db.models import Case, When
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import LedgerEntry
from accounts.returns import instruments
from accounts.returns.enums import TAKEN_IN, TO_DECIDE, RowFinding
from accounts.returns.files import dismiss_row, match_paper, match_row
from accounts.returns.filtersets import RowFilterSet
from accounts.returns.matching import candidates_of
from accounts.returns.models import ReturnRow
from accounts.returns.queries import reason_on
from accounts.returns.rules import LOAD_RETURN_FILE, VIEW_RETURN_FILE
from accounts.web.returns.verbs import reason_choices
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, ListPage, ReasonPage


class RowTable(Table):
    row_label = "number"

    payer = LinkColumn(
        "accounts:return_row_detail",
        text=lambda row: row.payer or row.reference or row.trace or row.number,
        note=lambda row: row.reference if row.payer else "",
        verbose_name=gettext_lazy("Payer"),
        order_by=("payer",),
    )
    code = TextColumn(verbose_name=gettext_lazy("Code"), width=84, bdi=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    return_date = DateColumn(verbose_name=gettext_lazy("Came back"), age=True, order_by=("return_date",))
    finding = StatusColumn(
        RowFinding, accessor="finding", verbose_name=gettext_lazy("What we make of it"), width=188, phone=True
    )
    receipt = TextColumn(
        accessor="meant", verbose_name=gettext_lazy("Account or cheque"), width=140, bdi=True, muted=True
    )
    detail = TextColumn(verbose_name=gettext_lazy("The bank says"), width=228, muted=True)
    why = TextColumn(accessor="note", verbose_name=gettext_lazy("Note"), width=228, muted=True, shown=False)

    class Meta:
        order_by = "return_date"


class RowListPage(ListPage):
    permission = VIEW_RETURN_FILE
    title = gettext_lazy("Rows to decide")
    lead = gettext_lazy("Returns a bank reported whose receipt or reason nobody knows yet.")
    menu = "returns"
    filterset_class = RowFilterSet
    table_class = RowTable
    list_name = "return_rows"
    url_name = "accounts:return_row_list"
    count_label = ngettext_lazy("%(n)s row", "%(n)s rows", "n")
    empty_text = gettext_lazy("Nothing waits: every returned payment was found.")

    def get_queryset(self):
        return ReturnRow.objects.visible_to(self.request.user).to_decide().select_related("entry__account")

    def get_crumbs(self):
        return [Crumb(_("Return files"), reverse("accounts:return_file_list"))]


class MatchForm(forms.Form):
    entry = forms.ModelChoiceField(
        label=gettext_lazy("Which receipt came back"),
        queryset=LedgerEntry.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    paper = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    reason = forms.ChoiceField(label=gettext_lazy("Why it came back"))
    certificate = forms.CharField(
        label=gettext_lazy("Number of the certificate"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Only where the bank paid a part."),
    )

    def __init__(self, *args, row: ReturnRow, candidates, papers, offered, today, **kwargs):
        super().__init__(*args, **kwargs)
        if papers is None:
            del self.fields["paper"], self.fields["certificate"]
        else:
            self.fields["entry"].required = False
            self.fields["paper"].label = papers.noun
            self.fields["paper"].choices = [
                (str(one.pk), ", ".join([one.label, " + ".join(one.evidence)]).removesuffix(", "))
                for one in offered
            ]
            if not offered:
                self.fields["paper"].help_text = _("None in the register may be it.")
        said = {entry.pk: evidence for entry, evidence in candidates}
        field = self.fields["entry"]
        likeliest_first = Case(*(When(pk=pk, then=place) for place, pk in enumerate(said)), default=0)
        field.queryset = (
            LedgerEntry.objects.filter(pk__in=said)
            .select_related("account__debtor")
            .order_by(likeliest_first)
        )
        field.label_from_instance = lambda entry: ", ".join(
            filter(
                None,
                [
                    f"{entry.account.debtor.name} {entry.account.number}",
                    f"{entry.currency} {amount_text(entry.amount, entry.currency)}",
                    day_text(entry.value_date, today),
                    entry.reference or "–",
                    " + ".join(said.get(entry.pk, [])),
                ],
            )
        )
        if not said:
            field.help_text = _("No payment fits. Look for it by account, reference or name.")
        if papers is not None and not said:
            del self.fields["entry"]
        self.fields["reason"].choices = reason_choices([row.return_file.scheme], row.return_date)

    def clean(self):
        data = super().clean()
        if "paper" in self.fields and bool(data.get("paper")) == bool(data.get("entry")) and not self.errors:
            self.add_error("paper", _("Choose what came back: one."))
        return data


class RowPage(ActionPage):
    """One row with what the bank says beside the receipts it may mean."""

    permission = VIEW_RETURN_FILE
    menu = "returns"
    title = gettext_lazy("Which receipt came back")
    form_class = MatchForm
    button = gettext_lazy("Record the return")
    is_dangerous = True
    template_name = "accounts/return_row.html"
    queryset = ReturnRow.objects.select_related("return_file", "entry", "payment_return")

    def get_crumbs(self):
        file = self.object.return_file
        return [
            Crumb(_("Rows to decide"), reverse("accounts:return_row_list")),
            Crumb(file.name, reverse("accounts:return_file_detail", args=[file.pk])),
        ]

    def get_form_kwargs(self):
        row = self.object
        waits = row.finding in TO_DECIDE and row.return_file.status in TAKEN_IN
        papers = instruments.of(row.return_file.scheme)
        user = self.request.user
        return super().get_form_kwargs() | {
            "row": row,
            "candidates": candidates_of(row, user, self.looked_for) if waits else [],
            "papers": papers,
            "offered": papers.offered(row, user) if waits and papers is not None else [],
            "today": self.today,
        }

    @property
    def looked_for(self) -> str:
        return self.request.GET.get("q", "").strip()[:60]

    def get_initial(self):
        row = self.object
        reason = reason_on(row.return_file.scheme, row.code, row.return_date)
        return {
            "entry": row.entry_id,
            "paper": row.instrument_id,
            "reason": f"{reason.scheme}:{reason.code}" if reason is not None else "",
        }

    def facts(self):
        row = self.object
        facts = [
            Fact(_("Found"), row.get_finding_display(), note="" if row.instrument_id else row.note),
            Fact(_("Amount"), ui.money_with_code(row.amount, row.currency)),
            Fact(_("Code"), row.code or "–"),
            Fact(_("Came back on"), day_text(row.return_date, self.today)),
            Fact(_("Reference"), row.reference or "–", note=row.trace),
            Fact(_("Payer"), row.payer or "–"),
        ]
        if row.number_end:
            facts.append(Fact(_("Payer's account"), f"…{row.number_end}"))
        if row.payment_date:
            facts.append(Fact(_("Paid on"), day_text(row.payment_date, self.today)))
        if row.detail:
            facts.append(Fact(_("The bank says"), row.detail))
        papers = instruments.of(row.return_file.scheme)
        if row.instrument_id and papers is not None:
            facts.append(Fact(papers.noun, row.note, url=papers.url(row.instrument_id)))
        if row.payment_return_id:
            facts.append(
                Fact(
                    _("Return"),
                    _("Open it"),
                    url=reverse("accounts:return_detail", args=[row.payment_return_id]),
                )
            )
        return facts

    def get_head_actions(self):
        row = self.object
        if row.finding not in TO_DECIDE or row.return_file.status not in TAKEN_IN:
            return []
        return [
            Action(
                _("Concerns no receipt of ours"),
                reverse("accounts:return_row_dismiss", args=[row.pk]),
                icon="circle-x",
                permission=LOAD_RETURN_FILE,
            )
        ]

    def consequence(self):
        return _(
            "The receipt you choose is reversed on the day it came back; the reason decides what follows."
        )

    def perform(self, form):
        data = form.cleaned_data
        _scheme, code = data["reason"].split(":", 1)
        told = {"row": self.object, "code": code, "actor": self.request.user, "as_of": self.today}
        if data.get("paper"):
            return match_paper(instrument_id=int(data["paper"]), certificate=data["certificate"], **told)
        return match_row(entry=data["entry"], **told)

    def get_success_url(self, result):
        if isinstance(result, ReturnRow):
            return reverse("accounts:return_row_detail", args=[result.pk])
        return reverse("accounts:return_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:return_row_list")

    def get_success_message(self, result) -> str:
        return _("The return is recorded.")


class DismissRowPage(ReasonPage):
    permission = LOAD_RETURN_FILE
    menu = "returns"
    title = gettext_lazy("Concerns no receipt of ours")
    button = gettext_lazy("Set aside")
    is_dangerous = True
    queryset = ReturnRow.objects.select_related("return_file")

    def get_object(self):
        row = super().get_object()
        if row is not None and row.finding not in TO_DECIDE:
            raise Http404(_("This row was decided already."))
        return row

    def get_crumbs(self):
        return [Crumb(_("Rows to decide"), reverse("accounts:return_row_list"))]

    def perform(self, form):
        return dismiss_row(
            row=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:return_row_list")

    def get_cancel_url(self):
        return reverse("accounts:return_row_detail", args=[self.object.pk])

    def get_success_message(self, result) -> str:
        return _("The row is set aside.")


urlpatterns = [
    path("return-rows/", RowListPage.as_view(), name="return_row_list"),
    path("return-rows/<int:pk>/", RowPage.as_view(), name="return_row_detail"),
    path("return-rows/<int:pk>/dismiss/", DismissRowPage.as_view(), name="return_row_dismiss"),
]
