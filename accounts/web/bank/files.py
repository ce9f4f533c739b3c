"""Bank files: brought, compared with what is there, taken in."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.bank.enums import BANK_FILE, BankFormat, FileStatus
from accounts.bank.filtersets import BankFileFilterSet
from accounts.bank.models import BankFile
from accounts.bank.previews import DIFFERS, KNOWN, NEW, Preview, preview
from accounts.bank.rules import LOAD_BANK_FILE
from accounts.web.steps import steps_section
from collections_app.core.refusal import Refused
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage

SHOWN = 200


class BankFileTable(Table):
    row_label = "name"

    name = LinkColumn("accounts:bank_file_detail", text="name", verbose_name=gettext_lazy("File"))
    format = TextColumn(
        accessor="get_format_display", verbose_name=gettext_lazy("Format"), width=196, muted=True
    )
    lines_added = NumberColumn(verbose_name=gettext_lazy("New lines"))
    lines_known = NumberColumn(verbose_name=gettext_lazy("Already there"), width=124)
    loaded_by = TextColumn(
        accessor="loaded_by.full_name", verbose_name=gettext_lazy("Brought by"), width=140, muted=True
    )
    loaded_at = MomentColumn(verbose_name=gettext_lazy("Brought"), order_by=("id",))
    status = StatusColumn(FileStatus, verbose_name=gettext_lazy("Status"), width=132, phone=True)

    class Meta:
        order_by = "-loaded_at"


class BankFileListPage(ListPage):
    permission = LOAD_BANK_FILE
    title = gettext_lazy("Bank files")
    lead = gettext_lazy("What banks sent, as it came.")
    menu = "bank"
    filterset_class = BankFileFilterSet
    table_class = BankFileTable
    list_name = "bank_files"
    url_name = "accounts:bank_file_list"
    count_label = ngettext_lazy("%(n)s file", "%(n)s files", "n")
    empty_text = gettext_lazy("No file yet. Bring in the first one from your bank.")
    default_views = ((gettext_lazy("To be checked"), "status=preview"),)

    def get_queryset(self):
        return BankFile.objects.visible_to(self.request.user).select_related("loaded_by")

    def get_crumbs(self):
        return [Crumb(_("Bank statements"), reverse("accounts:bank_line_list"))]

    def get_head_actions(self):
        return [Action(_("Bring in a file"), reverse("accounts:bank_file_new"), icon="upload", primary=True)]


def looked_at(file: BankFile, user) -> tuple[Preview | None, str]:
    """The comparison with what is there, or why the file can't be read any more."""
    try:
        return preview(file, actor=user), ""
    except Refused as refusal:
        return None, refusal.message


class BankFileDetailPage(DetailPage):
    permission = LOAD_BANK_FILE
    menu = "bank"
    queryset = BankFile.objects.select_related("loaded_by", "bank_account")
    status_field = "status"
    list_url_name = "accounts:bank_file_list"
    list_title = gettext_lazy("Bank files")
    template_name = "accounts/bank_file.html"

    def get_title(self):
        return self.object.name

    def get_lead(self):
        return self.object.get_format_display()

    def get_object(self):
        file = super().get_object()
        self.looked, self.fault = (
            looked_at(file, self.request.user) if file.status == FileStatus.PREVIEW else (None, "")
        )
        return file

    @property
    def is_held(self) -> bool:
        return bool(self.fault or (self.looked is not None and self.looked.held))

    def get_head_actions(self):
        file = self.object
        if file.status != FileStatus.PREVIEW:
            return []
        address = {
            name: reverse(f"accounts:bank_file_{name}", args=[file.pk])
            for name in ("columns", "discard", "take")
        }
        actions = [Action(_("Discard"), address["discard"], icon="circle-x")]
        if file.format == BankFormat.TABLE:
            actions.append(Action(_("Which column is what"), address["columns"], icon="columns-3"))
        if not self.is_held:
            actions.append(Action(_("Take in"), address["take"], icon="circle-check", primary=True, key="t"))
        return actions

    def figures(self):
        file = self.object
        if self.looked is None:
            return [
                Figure(_("New lines"), str(file.lines_added)),
                Figure(_("Already there"), str(file.lines_known)),
            ]
        return [
            Figure(_("Statements"), str(len(self.looked.parts))),
            Figure(_("New"), str(len(self.looked.rows(NEW)))),
            Figure(_("Already there"), str(len(self.looked.rows(KNOWN)))),
            Figure(_("Differing"), str(len(self.looked.rows(DIFFERS)))),
        ]

    def sections(self):
        found = []
        for part in self.looked.parts if self.looked else []:
            one, code = part.statement, part.currency

            def money(amount, code=code):
                return amount_text(amount, code) if amount is not None else _("not stated")

            booked = sum((booking.amount for booking in one.booked), one.credits * 0)
            facts = [
                Fact(_("Bank account"), part.bank_account.name if part.bank_account else one.account),
                Fact(_("Days"), self._days(one)),
                Fact(_("Opening"), money(one.opening), note=code),
                Fact(_("Lines"), money(booked), note=_("%(n)s payments") % {"n": len(part.rows)}),
                Fact(_("Closing"), money(one.closing)),
                Fact(_("Proof"), self._proof(part)),
            ]
            found.append(Section(_("Statement %(name)s") % {"name": one.name}, facts=facts))
        for statement in self.object.statements.select_related("bank_account").order_by("id"):
            found.append(
                Section(
                    _("Statement %(name)s") % {"name": statement.reference or "–"},
                    facts=[
                        Fact(_("Bank account"), statement.bank_account.name),
                        Fact(_("New lines"), str(statement.lines_added)),
                    ],
                    link=Crumb(_("Open"), reverse("accounts:bank_statement_detail", args=[statement.pk])),
                )
            )
        return [*found, steps_section(BANK_FILE, self.object)]

    def _days(self, one) -> str:
        days = [day for day in (one.opening_date, one.closing_date) if day is not None]
        return " – ".join(dict.fromkeys(day_text(day, self.today) for day in days)) or "–"

    def _proof(self, part) -> str:
        if part.held:
            return part.held
        if part.statement.reconciles is None:
            return _("the file states no balances; nothing to prove it by")
        return _("opening and lines make the closing")

    def get_context_data(self, **kwargs):
        rows = self.looked.rows() if self.looked else []
        shown = [row for row in rows if row.state == DIFFERS]
        shown += [row for row in rows if row.state == NEW]
        shown += [row for row in rows if row.state == KNOWN]
        held = [self.fault] if self.fault else (self.looked.held if self.looked else [])
        return super().get_context_data(
            held=held, rows=shown[:SHOWN], rows_left=max(0, len(shown) - SHOWN), **kwargs
        )


urlpatterns = [
    path("bank-files/", BankFileListPage.as_view(), name="bank_file_list"),
    path("bank-files/<int:pk>/", BankFileDetailPage.as_view(), name="bank_file_detail"),
]
