"""Bringing bank files, saying which column is what, taking in and discarding."""

from itertools import islice

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.bank.enums import BankFormat, FileStatus
from accounts.bank.files import (
    LINES_AT_ONCE,
    change_reading,
    discard_bank_file,
    load_bank_file,
    look_again,
    look_of,
    take_in,
)
from accounts.bank.filtersets import bank_account_choices
from accounts.bank.formats.table import FIELDS
from accounts.bank.formats.table import Table as StatedTable
from accounts.bank.jobs import QUEUE, TakeInBankFile, read_by_job
from accounts.bank.looks import Look
from accounts.bank.models import BankFile
from accounts.bank.rules import LOAD_BANK_FILE
from accounts.payments.models import OwnBankAccount
from accounts.web.brought_files import DAY_ORDERS, BroughtFileVerb, ColumnsForm, ColumnsStep
from collections_app.core import documents
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

ROWS_SHOWN, COLUMNS_SHOWN = 3, 30


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
        choices=DAY_ORDERS,
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
        job = read_by_job(result, actor=self.request.user)
        if job is not None:
            return reverse("core:job_detail", args=[job.pk])
        is_unclear = result.format == BankFormat.TABLE and not result.lines_read
        name = "columns" if is_unclear else "detail"
        return reverse(f"accounts:bank_file_{name}", args=[result.pk])

    def get_success_message(self, result) -> str:
        if result.is_large:
            return _("The file is being read. You may leave this page.")
        if result.format == BankFormat.TABLE and not result.lines_read:
            return _("Say which column is what; then the file is read.")
        return ""

    def get_cancel_url(self):
        return reverse("accounts:bank_file_list")


class FileVerb(BroughtFileVerb):
    permission = LOAD_BANK_FILE
    menu = "bank"
    noun = "bank_file"
    list_title = gettext_lazy("Bank files")
    queryset = BankFile.objects.filter(status=FileStatus.PREVIEW).select_related("bank_account")


class LookView(FileVerb, VerbView):
    """A large file is read, or compared anew with what is there."""

    queryset = FileVerb.queryset.filter(is_large=True)

    def perform(self, form):
        file = look_again(bank_file=self.object, actor=self.request.user)
        return read_by_job(file, actor=self.request.user)

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


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
        "amount": amount_text(row.amount, row.currency),
        "day": day_text(row.day, today),
        "text": row.text[:80],
    }
    if row.other_amount is None:
        return _("%(amount)s on %(day)s, «%(text)s». %(why)s") % (words | {"why": row.why})
    words |= {"other": amount_text(row.other_amount, row.currency), "old": row.other_text[:80]}
    return _("%(amount)s on %(day)s, «%(text)s»; there already: %(other)s, «%(old)s»") % words


class TakePage(FileVerb):
    title = gettext_lazy("Take in the file")
    form_class = TakeForm
    button = gettext_lazy("Take in")

    def get_form_kwargs(self):
        self.look = look_of(self.object, actor=self.request.user) or Look()
        return super().get_form_kwargs() | {"rows": self.look.differing, "today": self.today}

    def get_initial(self):
        return {"seen": self.look.new}

    def facts(self):
        return [
            Fact(_("File"), self.object.name),
            Fact(_("New"), str(self.look.new)),
            Fact(_("Already there"), str(self.look.known)),
            Fact(_("Differing"), str(self.look.differs)),
        ]

    def consequence(self):
        return _("New lines are kept; those that are sure are posted at once, the rest waits to be decided.")

    def perform(self, form):
        add = sorted(int(number) for number in form.cleaned_data.get("add", []))
        if self.object.lines_read > LINES_AT_ONCE:
            return TakeInBankFile.enqueue_once(
                scope=str(self.object.pk),
                params={"add": add, "seen": form.cleaned_data["seen"]},
                actor=self.request.user,
            )
        return take_in(
            bank_file=self.object,
            add=add,
            seen=form.cleaned_data["seen"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        if not isinstance(result, BankFile):
            return reverse("core:job_detail", args=[result.pk])
        return reverse("accounts:bank_line_list") + QUEUE

    def get_success_message(self, result) -> str:
        if not isinstance(result, BankFile):
            return _("The file is being taken in. You may leave this page.")
        return ngettext(
            "%(new)s new line, %(known)s already there.",
            "%(new)s new lines, %(known)s already there.",
            result.lines_added,
        ) % {"new": result.lines_added, "known": result.lines_known}


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


class BankColumnsForm(ColumnsForm):
    labels = FIELDS
    needed = ("booking_date",)

    inverse = forms.BooleanField(label=gettext_lazy("Money in is written negative"), required=False)
    skip = forms.BooleanField(
        label=gettext_lazy("Leave out rows without a day"),
        required=False,
        help_text=gettext_lazy("For totals that stand among the rows."),
    )


class ColumnsPage(ColumnsStep, FileVerb):
    form_class = BankColumnsForm
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

    def facts(self):
        """What stands in each column, for names alone say little."""
        table = self.table()
        shown = list(islice(table.cells(), ROWS_SHOWN))
        return [
            Fact(
                name or _("without a name"),
                ", ".join(
                    dict.fromkeys(str(row.cells[place])[:28] for row in shown if place < len(row.cells))
                )
                or "–",
            )
            for place, name in enumerate(table.header[:COLUMNS_SHOWN])
        ]

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
        file = change_reading(
            bank_file=self.object,
            mapping={
                "fields": {name: data[name] for name in FIELDS if data.get(name)},
                "settings": {name: value for name, value in settings.items() if value},
            },
            actor=self.request.user,
        )
        return read_by_job(file, actor=self.request.user) or file


urlpatterns = [
    path("bank-files/new/", BringPage.as_view(), name="bank_file_new"),
    path("bank-files/<int:pk>/columns/", ColumnsPage.as_view(), name="bank_file_columns"),
    path("bank-files/<int:pk>/look/", LookView.as_view(), name="bank_file_look"),
    path("bank-files/<int:pk>/take/", TakePage.as_view(), name="bank_file_take"),
    path("bank-files/<int:pk>/discard/", DiscardPage.as_view(), name="bank_file_discard"),
]
