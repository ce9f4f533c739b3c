"""Bank files: brought, compared with what is there, taken in."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.bank.enums import BANK_FILE, BankFormat, FileStatus
from accounts.bank.files import (
    DIFFERS,
    KNOWN,
    NEW,
    Preview,
    change_reading,
    discard_bank_file,
    load_bank_file,
    preview,
    take_in,
)
from accounts.bank.filtersets import BankFileFilterSet, bank_account_choices
from accounts.bank.formats.table import FIELDS
from accounts.bank.formats.table import Table as StatedTable
from accounts.bank.models import BankFile
from accounts.bank.rules import LOAD_BANK_FILE
from accounts.payments.models import OwnBankAccount
from accounts.web.steps import steps_section
from collections_app.core import documents
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
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage

SHOWN = 200
ORDERS = [
    ("", gettext_lazy("as the cells show")),
    ("dmy", gettext_lazy("day, month, year")),
    ("mdy", gettext_lazy("month, day, year")),
    ("ymd", gettext_lazy("year, month, day")),
]


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


class BringForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "camt.052, camt.053, camt.054, MT940, MT942, BAI2, CODA, OFX, QIF, CSV or XLSX; it is known by"
            " what is in it."
        ),
    )
    bank_account = forms.ModelChoiceField(
        label=gettext_lazy("Bank account"),
        queryset=OwnBankAccount.objects.none(),
        required=False,
        empty_label=gettext_lazy("As the file says"),
        help_text=gettext_lazy("Needed for QIF, CSV and XLSX, which name none."),
    )
    date_order = forms.ChoiceField(
        label=gettext_lazy("Days are written"),
        choices=ORDERS,
        required=False,
        help_text=gettext_lazy("Only for QIF, CSV and XLSX."),
    )


class BringPage(ActionPage):
    permission = LOAD_BANK_FILE
    menu = "bank"
    title = gettext_lazy("Bring in a bank file")
    form_class = BringForm
    button = gettext_lazy("Read the file")

    def get_form(self):
        form = super().get_form()
        form.fields["bank_account"].queryset = bank_account_choices(self.request).in_use()
        return form

    def get_crumbs(self):
        return [Crumb(_("Bank files"), reverse("accounts:bank_file_list"))]

    def consequence(self):
        return _("Nothing is taken in yet: you first see what is new, already there or different.")

    def perform(self, form):
        data = form.cleaned_data
        options = {"date_order": data["date_order"]} if data["date_order"] else {}
        return load_bank_file(
            content=data["file"].read(),
            filename=data["file"].name,
            bank_account=data["bank_account"],
            options=options,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:bank_file_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:bank_file_list")


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


class FileVerb(ActionPage):
    permission = LOAD_BANK_FILE
    menu = "bank"
    queryset = BankFile.objects.filter(status=FileStatus.PREVIEW).select_related("bank_account")

    def get_crumbs(self):
        return [
            Crumb(_("Bank files"), reverse("accounts:bank_file_list")),
            Crumb(self.object.name, reverse("accounts:bank_file_detail", args=[self.object.pk])),
        ]

    def get_success_url(self, result):
        return reverse("accounts:bank_file_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return reverse("accounts:bank_file_detail", args=[self.object.pk])


class TakeForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    add = forms.MultipleChoiceField(
        label=gettext_lazy("Differing lines that are payments of their own"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Left out, they are the lines already there, told in other words."),
    )

    def __init__(self, *args, rows=(), today=None, **kwargs):
        super().__init__(*args, **kwargs)
        if not rows:
            del self.fields["add"]
            return
        self.fields["add"].choices = [(row.number, _told(row, today)) for row in rows]


def _told(row, today) -> str:
    """A differing row beside the line it may be."""
    words = {
        "amount": amount_text(row.payment.amount, row.currency),
        "day": day_text(row.booking.booking_date, today),
        "text": row.payment.text[:80],
    }
    if row.other is None:
        return _("%(amount)s on %(day)s, «%(text)s»; the bank's balances leave no room for another") % words
    words |= {"other": amount_text(row.other.amount, row.currency), "old": row.other.text[:80]}
    return _("%(amount)s on %(day)s, «%(text)s»; there already: %(other)s, «%(old)s»") % words


class TakePage(FileVerb):
    title = gettext_lazy("Take in the file")
    form_class = TakeForm
    button = gettext_lazy("Take in")

    def get_form_kwargs(self):
        self.looked, _fault = looked_at(self.object, self.request.user)
        rows = self.looked.rows(DIFFERS) if self.looked else []
        return super().get_form_kwargs() | {"rows": rows, "today": self.today}

    def get_initial(self):
        return {"seen": len(self.looked.rows(NEW)) if self.looked else 0}

    def facts(self):
        if self.looked is None:
            return []
        return [
            Fact(_("File"), self.object.name),
            Fact(_("New"), str(len(self.looked.rows(NEW)))),
            Fact(_("Already there"), str(len(self.looked.rows(KNOWN)))),
            Fact(_("Differing"), str(len(self.looked.rows(DIFFERS)))),
        ]

    def consequence(self):
        return _("New lines are kept; those that are sure are posted at once, the rest waits to be decided.")

    def perform(self, form):
        return take_in(
            bank_file=self.object,
            add={int(number) for number in form.cleaned_data.get("add", [])},
            seen=form.cleaned_data["seen"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:bank_line_list") + "?status=unmatched&status=unidentified"

    def get_success_message(self, result) -> str:
        return _("%(new)s new lines, %(known)s were already there.") % {
            "new": result.lines_added,
            "known": result.lines_known,
        }


class DiscardPage(FileVerb, ReasonPage):
    title = gettext_lazy("Discard a bank file")
    button = gettext_lazy("Discard file")
    is_dangerous = True

    def perform(self, form):
        return discard_bank_file(
            bank_file=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class ColumnsForm(forms.Form):
    date_order = forms.ChoiceField(label=gettext_lazy("Days are written"), required=False, choices=ORDERS)
    decimal = forms.ChoiceField(
        label=gettext_lazy("Before the cents stands"),
        required=False,
        choices=[
            ("", gettext_lazy("as the cells show")),
            (".", gettext_lazy("a point")),
            (",", gettext_lazy("a comma")),
        ],
    )
    inverse = forms.BooleanField(label=gettext_lazy("Money in is written negative"), required=False)
    skip = forms.BooleanField(
        label=gettext_lazy("Leave out rows without a day"),
        required=False,
        help_text=gettext_lazy("For totals that stand among the rows."),
    )

    def __init__(self, *args, header: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        columns = [("", _("not in this file")), *((name, name) for name in header)]
        fields = {
            name: forms.ChoiceField(label=label, choices=columns, required=name == "booking_date")
            for name, label in FIELDS.items()
        }
        self.fields = {**fields, **self.fields}


class ColumnsPage(FileVerb):
    title = gettext_lazy("Which column is what")
    form_class = ColumnsForm
    button = gettext_lazy("Read the file so")
    two_columns = True
    queryset = FileVerb.queryset.filter(format=BankFormat.TABLE)

    def table(self) -> StatedTable:
        return StatedTable(documents.read(self.object.file), self.object.name)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"header": self.table().header}

    def get_initial(self):
        mapping = self.object.options.get("mapping") or {}
        settings = mapping.get("settings") or {}
        return {
            **(mapping.get("fields") or self.table().guess()),
            "date_order": settings.get("date_order") or self.object.options.get("date_order", ""),
            "decimal": settings.get("decimal", ""),
            "inverse": settings.get("inverse", False),
            "skip": settings.get("rows_without_day") == "skip",
        }

    def consequence(self):
        return _("The next table of this bank account is read in the same way.")

    def perform(self, form):
        data = form.cleaned_data
        settings = {
            "date_order": data["date_order"],
            "decimal": data["decimal"],
            "inverse": data["inverse"],
            "rows_without_day": "skip" if data["skip"] else "",
        }
        return change_reading(
            bank_file=self.object,
            mapping={
                "fields": {name: data[name] for name in FIELDS if data.get(name)},
                "settings": {name: value for name, value in settings.items() if value},
            },
            actor=self.request.user,
        )


urlpatterns = [
    path("bank-files/", BankFileListPage.as_view(), name="bank_file_list"),
    path("bank-files/new/", BringPage.as_view(), name="bank_file_new"),
    path("bank-files/<int:pk>/", BankFileDetailPage.as_view(), name="bank_file_detail"),
    path("bank-files/<int:pk>/columns/", ColumnsPage.as_view(), name="bank_file_columns"),
    path("bank-files/<int:pk>/take/", TakePage.as_view(), name="bank_file_take"),
    path("bank-files/<int:pk>/discard/", DiscardPage.as_view(), name="bank_file_discard"),
]
