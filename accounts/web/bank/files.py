"""Bank files: brought, compared with what is there, taken in."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.bank.enums import BANK_FILE, BankFormat, FileStatus
from accounts.bank.files import look_of
from accounts.bank.filtersets import BankFileFilterSet
from accounts.bank.jobs import ReadBankFile
from accounts.bank.models import BankFile
from accounts.bank.rules import LOAD_BANK_FILE, VIEW_BANK_FILE
from accounts.web.steps import steps_section
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
    permission = VIEW_BANK_FILE
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
        return [
            Action(
                _("Bring in a file"),
                reverse("accounts:bank_file_new"),
                icon="upload",
                primary=True,
                permission=LOAD_BANK_FILE,
            )
        ]


class BankFileDetailPage(DetailPage):
    permission = VIEW_BANK_FILE
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
        is_open = file.status == FileStatus.PREVIEW
        self.look = look_of(file, actor=self.request.user) if is_open else None
        return file

    @property
    def is_held(self) -> bool:
        return self.look is not None and bool(self.look.held)

    def get_head_actions(self):
        file = self.object
        if file.status != FileStatus.PREVIEW:
            return []
        address = {
            name: reverse(f"accounts:bank_file_{name}", args=[file.pk])
            for name in ("columns", "discard", "look", "take")
        }
        if self.look is None:
            job = ReadBankFile.of(file)
            return [
                Action(
                    _("How far it is") if job is not None else _("Read it"),
                    reverse("core:job_detail", args=[job.pk]) if job is not None else address["look"],
                    icon="progress",
                    primary=True,
                    post=job is None,
                    permission=LOAD_BANK_FILE,
                )
            ]
        actions = [Action(_("Discard"), address["discard"], icon="circle-x", permission=LOAD_BANK_FILE)]
        if file.is_large:
            actions.append(
                Action(
                    _("Compare again"),
                    address["look"],
                    icon="refresh",
                    post=True,
                    permission=LOAD_BANK_FILE,
                )
            )
        if file.format == BankFormat.TABLE:
            actions.append(
                Action(
                    _("Which column is what"),
                    address["columns"],
                    icon="columns-3",
                    permission=LOAD_BANK_FILE,
                )
            )
        if not self.is_held:
            actions.append(
                Action(
                    _("Take in"),
                    address["take"],
                    icon="circle-check",
                    primary=True,
                    key="t",
                    permission=LOAD_BANK_FILE,
                )
            )
        return actions

    def figures(self):
        file = self.object
        if self.look is None:
            return [
                Figure(_("New lines"), str(file.lines_added)),
                Figure(_("Already there"), str(file.lines_known)),
            ]
        return [
            Figure(_("Statements"), str(len(self.look.parts))),
            Figure(_("New"), str(self.look.new)),
            Figure(_("Already there"), str(self.look.known)),
            Figure(_("Differing"), str(self.look.differs)),
        ]

    def sections(self):
        found = []
        for part in self.look.parts if self.look else []:

            def money(amount, code=part.currency):
                return amount_text(amount, code) if amount is not None else _("not stated")

            facts = [
                Fact(_("Bank account"), part.account),
                Fact(
                    _("Days"),
                    " – ".join(dict.fromkeys(day_text(day, self.today) for day in part.days)) or "–",
                ),
                Fact(_("Opening"), money(part.opening), note=part.currency),
                Fact(
                    _("Lines"),
                    money(part.booked),
                    note=ngettext("%(n)s payment", "%(n)s payments", part.payments) % {"n": part.payments},
                ),
                Fact(_("Closing"), money(part.closing)),
                Fact(_("Proof"), self._proof(part)),
            ]
            found.append(Section(_("Statement %(name)s") % {"name": part.name}, facts=facts))
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

    def _proof(self, part) -> str:
        if part.held:
            return part.held
        if part.reconciles is None:
            return _("the file states no balances; nothing to prove it by")
        return _("opening and lines make the closing")

    def _gap(self, part) -> str:
        def money(amount):
            return f"{part.currency} {amount_text(amount, part.currency)}"

        return _(
            "Statement %(name)s opens with %(opening)s, but the last closing of %(account)s here, of"
            " %(day)s, is %(closing)s. The difference is %(difference)s: a file between them is missing."
            " Bring that one in first; if there is none, ask the bank."
        ) % {
            "name": part.name,
            "opening": money(part.opening),
            "account": part.account,
            "day": day_text(part.before_day, self.today),
            "closing": money(part.before),
            "difference": money(part.missing),
        }

    def get_context_data(self, **kwargs):
        look = self.look
        return super().get_context_data(
            held=look.held if look else [],
            gaps=[self._gap(part) for part in look.parts if part.missing] if look else [],
            rows=look.rows if look else [],
            rows_left=look.rows_left if look else 0,
            is_being_read=look is None and self.object.status == FileStatus.PREVIEW,
            **kwargs,
        )


urlpatterns = [
    path("bank-files/", BankFileListPage.as_view(), name="bank_file_list"),
    path("bank-files/<int:pk>/", BankFileDetailPage.as_view(), name="bank_file_detail"),
]
