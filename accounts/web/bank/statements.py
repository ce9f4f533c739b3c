"""Statements as they were stated, and the reconciliation of a bank account."""

import io
from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.http import FileResponse
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.bank.as_known import Then
from accounts.bank.enums import OPEN, LineStatus
from accounts.bank.filtersets import StatementFilterSet, bank_account_choices
from accounts.bank.models import BankLine, BankStatement
from accounts.bank.queries import (
    Bridge,
    Share,
    broken_postings,
    cash_bridge,
    lines_told,
    unseen_payments,
    waiting_by_age,
)
from accounts.bank.rules import VIEW_BANK_LINE
from accounts.ledger.models import Account
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit, clock
from collections_app.core.export_limits import row_limit
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed
from collections_app.core.spreadsheets import Column, Sheet, control_sheet, write_workbook
from collections_app.core.templatetags import ui
from collections_app.core.web.exports import TYPES
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField, adapt
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage, PageView

EXPORT = "core.export_list"


class StatementTable(Table):
    row_label = "reference"

    reference = LinkColumn(
        "accounts:bank_statement_detail",
        text=lambda row: row.reference or "–",
        note="bank_account.name",
        verbose_name=gettext_lazy("Statement"),
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"))
    last_day = DateColumn(verbose_name=gettext_lazy("To"), order_by=("last_day",))
    opening = MoneyColumn(verbose_name=gettext_lazy("Opening"))
    credits = MoneyColumn(verbose_name=gettext_lazy("Credits"))
    debits = MoneyColumn(verbose_name=gettext_lazy("Debits"))
    closing = MoneyColumn(verbose_name=gettext_lazy("Closing"), code=True)
    lines_stated = NumberColumn(verbose_name=gettext_lazy("Lines"))
    lines_added = NumberColumn(verbose_name=gettext_lazy("New"))
    file = TextColumn(accessor="bank_file.name", verbose_name=gettext_lazy("File"), width=156, muted=True)

    class Meta:
        order_by = "-last_day"


class StatementListPage(ListPage):
    permission = VIEW_BANK_LINE
    title = gettext_lazy("Statements of banks")
    lead = gettext_lazy("Each as the bank stated it, with its balances.")
    menu = "bank"
    queryset = BankStatement.objects.select_related("bank_account", "bank_file")
    filterset_class = StatementFilterSet
    table_class = StatementTable
    list_name = "bank_statements"
    url_name = "accounts:bank_statement_list"
    count_label = ngettext_lazy("%(n)s statement", "%(n)s statements", "n")
    empty_text = gettext_lazy("No statement yet. Bring in a file from your bank.")

    def get_crumbs(self):
        return [Crumb(_("Bank statements"), reverse("accounts:bank_line_list"))]


class StatementDetailPage(DetailPage):
    permission = VIEW_BANK_LINE
    menu = "bank"
    queryset = BankStatement.objects.select_related("bank_account", "bank_file__loaded_by")
    list_url_name = "accounts:bank_statement_list"
    list_title = gettext_lazy("Statements of banks")

    def get_title(self):
        return _("Statement %(name)s") % {"name": self.object.reference or "–"}

    def get_lead(self):
        return self.object.bank_account.name

    def figures(self):
        one, code = self.object, self.object.currency
        return [
            Figure(_("Opening"), _stated(one.opening, code), currency=code),
            Figure(_("Credits"), ui.figure(one.credits, code)),
            Figure(_("Debits"), ui.figure(one.debits, code)),
            Figure(_("Closing"), _stated(one.closing, code), size="xl", currency=code),
        ]

    def sections(self):
        from accounts.web.bank.lines import LineTable  # noqa: PLC0415 pages of lines link here too

        one = self.object
        lines = list(one.lines.select_related("bank_account", "owner").order_by("id")[:201])
        drawn = LineTable.draw(
            lines[:200],
            request=self.request,
            empty_text=_("Every line of it was there already, from another file."),
            caption=_("New lines"),
        )
        facts = [
            Fact(_("Days"), f"{day_text(one.first_day, self.today)} – {day_text(one.last_day, self.today)}"),
            Fact(_("Number"), one.number or "–"),
            Fact(_("Lines stated"), str(one.lines_stated)),
            Fact(_("New lines"), str(one.lines_added)),
            Fact(_("File"), one.bank_file.name, note=one.bank_file.loaded_by.full_name),
        ]
        return [
            Section(_("The statement"), facts=facts),
            Section(_("New lines"), table=drawn, note=_("the first 200") if len(lines) > 200 else ""),
        ]


def _stated(amount, code):
    return ui.figure(amount, code) if amount is not None else _("not stated")


class PeriodForm(forms.Form):
    bank_account = forms.ModelChoiceField(
        label=gettext_lazy("Bank account"), queryset=OwnBankAccount.objects.none(), empty_label=None
    )
    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"))
    as_of = forms.CharField(required=False, widget=forms.HiddenInput)
    known_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self):
        data = super().clean()
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            raise forms.ValidationError({"last": _("The last day lies before the first.")})
        return data


class ReconciliationPage(PageView):
    """Opening, lines, closing; credits beside what became of them; every figure leads to its lines."""

    permission = VIEW_BANK_LINE
    menu = "bank"
    title = gettext_lazy("Reconciliation")
    lead = gettext_lazy("What the bank says beside what became of it.")
    template_name = "accounts/bank_reconciliation.html"
    offers_as_of = True
    offers_known_at = True

    def get_crumbs(self):
        return [Crumb(_("Bank statements"), reverse("accounts:bank_line_list"))]

    @cached_property
    def then(self) -> Then | None:
        """The day and the knowledge asked for; None for today's."""
        return Then(self.as_of, self.known_until) if self.is_past else None

    def form(self) -> PeriodForm:
        accounts = bank_account_choices(self.request)
        given = self.request.GET
        first = self.as_of.replace(day=1)
        last = BankStatement.objects.visible_to(self.request.user).order_by("-last_day", "-id").first()
        if last is not None and last.last_day < first:
            first = last.last_day.replace(day=1)
        initial = {
            "bank_account": given.get("bank_account")
            or (last.bank_account_id if last is not None else accounts.values_list("pk", flat=True).first()),
            "first": given.get("first") or first.isoformat(),
            "last": given.get("last") or (first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
        }
        kept = {
            "as_of": self.as_of.isoformat() if self.as_of != self.today else "",
            "known_at": self.known_at_text,
        }
        form = PeriodForm(initial | kept)
        form.fields["bank_account"].queryset = accounts
        adapt(form)
        return form

    def get(self, request, *args, **kwargs):
        form = self.form()
        bridge = None
        if form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            if self.then is not None:
                last = max(first, min(last, self.as_of))
            bridge = cash_bridge(form.cleaned_data["bank_account"], first, last, then=self.then)
        if bridge is not None and request.GET.get("file") == "xlsx":
            return self.workbook(bridge)
        return self.render_to_response(self.get_context_data(form=form, bridge=bridge))

    def get_context_data(self, form=None, bridge=None, **kwargs):
        context = super().get_context_data(form=form, bridge=bridge, **kwargs)
        if bridge is None:
            return context
        code = bridge.bank_account.currency
        figures = [
            Figure(_("Opening"), _stated(bridge.opening, code), currency=code),
            Figure(_("Credits"), ui.figure(bridge.credits, code)),
            Figure(_("Debits"), ui.figure(bridge.debits, code)),
            Figure(_("Closing"), _stated(bridge.closing, code), currency=code),
            Figure(_("Difference"), _stated(bridge.gap, code), size="" if not bridge.gap else "ask"),
        ]
        query = {**self.request.GET.dict(), "file": "xlsx"}
        excel = Action(
            _("Excel"),
            f"{self.request.path}?{urlencode(query)}",
            icon="file-spreadsheet",
            permission=EXPORT,
        )
        return context | {
            "figures": figures,
            "code": code,
            "became": [self._share(bridge, share, "in") for share in bridge.became],
            "went_out": [self._share(bridge, share, "out") for share in bridge.went_out],
            "ages": [
                bucket
                for bucket in waiting_by_age(
                    lines_told(bridge.bank_account, date.min, date.max, self.then), self.as_of, "status_told"
                )
                if bucket.count
            ],
            "unseen": self._unseen(bridge),
            "broken": self._broken(bridge),
            "head_actions": [excel] if excel.shown_to(self.request.user) else [],
        }

    def _share(self, bridge: Bridge, share: Share, way: str) -> dict:
        query = urlencode(
            {
                "status": share.status,
                "bank_account": bridge.bank_account.pk,
                "direction": way,
                "booked_after": bridge.first_day.isoformat(),
                "booked_before": bridge.last_day.isoformat(),
            }
        )
        query = "&".join(filter(None, [query, self.day_query]))
        return {
            "share": share,
            "label": self._label(share.status, bridge),
            "waits": share.status in OPEN,
            "url": f"{reverse('accounts:bank_line_list')}?{query}",
        }

    def _label(self, status: str, bridge: Bridge):
        if status == LineStatus.POSTED and bridge.is_direct:
            return _("Posted, paid direct to the creditor")
        return LineStatus(status).label

    def _broken(self, bridge: Bridge) -> list:
        """Which lines make a gap between lines and ledger; asked only where there is one, of today."""
        if not bridge.ledger_gap or self.then is not None:
            return []
        found = broken_postings(bridge.bank_account, bridge.first_day, bridge.last_day)
        return list(found.select_related("line")[:20])

    def _unseen(self, bridge: Bridge) -> list:
        """The first transfers in the ledger without a line, on accounts in view."""
        return list(
            unseen_payments(bridge.bank_account, bridge.first_day, bridge.last_day, self.then)
            .filter(account__in=Account.objects.visible_to(self.request.user))
            .select_related("account__debtor")
            .order_by("value_date", "id")[:50]
        )

    def workbook(self, bridge: Bridge) -> FileResponse:
        """The reconciliation with its lines, within what the role may take out at a time."""
        require(self.request.user, EXPORT)
        count = sum(share.count for share in [*bridge.became, *bridge.went_out])
        limit = row_limit(self.request.user, self.today)
        if count > limit:
            raise NotAllowed(
                _("%(count)s lines, and your role may take out %(limit)s at a time. Choose fewer days.")
                % {"count": f"{count:,}", "limit": f"{limit:,}"}
            )
        code, account = bridge.bank_account.currency, bridge.bank_account
        summary = [
            [_("Opening"), bridge.opening, None],
            *[[str(self._label(share.status, bridge)), share.amount, share.count] for share in bridge.became],
            *[[str(LineStatus(share.status).label), -share.amount, share.count] for share in bridge.went_out],
            [_("Closing"), bridge.closing, None],
            [_("Difference"), bridge.gap, None],
        ]
        lines = (
            lines_told(account, bridge.first_day, bridge.last_day, self.then)
            .order_by("booking_date", "id")
            .values_list(
                "booking_date", "value_date", "counterparty_name", "text", "end_to_end_id", "status_told",
                "amount",
            )
        )  # fmt: skip
        rows = ([*line[:5], str(LineStatus(line[5]).label), line[6]] for line in lines.iterator())
        stream = io.BytesIO()
        write_workbook(
            [
                Sheet(
                    _("Reconciliation"),
                    [
                        Column(_("Item"), width=40),
                        Column(_("Amount"), "money", currency=code),
                        Column(_("Lines"), "int"),
                    ],
                    summary,
                ),
                Sheet(
                    _("Lines"),
                    [
                        Column(_("Booked"), "date"),
                        Column(_("Value date"), "date"),
                        Column(_("Payer or payee"), width=28),
                        Column(_("Text"), width=48),
                        Column(_("End-to-end id"), width=24),
                        Column(_("Status"), width=20),
                        Column(_("Amount"), "money", currency=code, total=True),
                    ],
                    rows,
                    total_label=_("Total"),
                ),
                control_sheet(
                    [
                        (_("Bank account"), f"{account.name} {account.number}"),
                        (_("From"), bridge.first_day),
                        (_("To"), bridge.last_day),
                        *self.day_facts(),
                        (_("Taken by"), str(self.request.user)),
                        (_("Taken at"), clock.now()),
                    ]
                ),
            ],
            stream,
            title=_("Reconciliation"),
            made_at=clock.now(),
        )
        audit.record_access("export", BankLine, user=self.request.user, rows=count)
        stream.seek(0)
        name = f"reconciliation-{bridge.first_day:%Y-%m-%d}-{bridge.last_day:%Y-%m-%d}.xlsx"
        return FileResponse(stream, as_attachment=True, filename=name, content_type=TYPES["xlsx"])


urlpatterns = [
    path("bank-statements/", StatementListPage.as_view(), name="bank_statement_list"),
    path("bank-statements/<int:pk>/", StatementDetailPage.as_view(), name="bank_statement_detail"),
    path("bank-reconciliation/", ReconciliationPage.as_view(), name="bank_reconciliation"),
]
