"""The print queue: letters that wait, and the batches that were printed."""

from django import forms
from django.db.models import Count
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices, sees_every_creditor
from campaigns.sending import rules
from campaigns.sending.enums import WAITING
from campaigns.sending.jobs import PrintLetters
from campaigns.sending.models import Message, PrintBatch
from campaigns.web.messages import MessageTable
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage


class BatchTable(Table):
    made = LinkColumn("campaigns:print_batch_detail", text="pk", verbose_name=gettext_lazy("Batch"))
    at = MomentColumn(accessor="made_at", verbose_name=gettext_lazy("Printed"), order_by=("pk",))
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=180
    )
    letters = NumberColumn(verbose_name=gettext_lazy("Letters"))
    spared = NumberColumn(
        verbose_name=gettext_lazy("Spared"),
        help_text=gettext_lazy("Judged at printing and held back: paid, on hold, disputed"),
    )
    actor = TextColumn(verbose_name=gettext_lazy("By"), width=140, muted=True)

    class Meta:
        order_by = "-at"


class BatchListPage(ListPage):
    permission = rules.PRINT
    title = gettext_lazy("Letters")
    menu = "messages"
    list_name = "print_batches"
    url_name = "campaigns:print_batch_list"
    queryset = PrintBatch.objects.select_related("creditor", "actor")
    table_class = BatchTable
    count_label = ngettext_lazy("%(n)s batch", "%(n)s batches", "n")
    empty_text = gettext_lazy("No letters were printed yet.")

    def get_lead(self):
        waiting = Message.objects.filter(
            channel="letter", status__in=WAITING, creditor__in=creditor_choices(self.request)
        ).count()
        return _(
            "%(n)s letters wait to be printed. Each is judged once more when it is printed."
        ) % {"n": waiting}

    def get_head_actions(self):
        return [
            Action(
                _("Returned mail"),
                reverse("campaigns:returned_letter_list"),
                icon="mail-x",
                permission=rules.PRINT,
            ),
            Action(
                _("Print letters"),
                reverse("campaigns:letters_print"),
                icon="printer",
                primary=True,
                permission=rules.PRINT,
            )
        ]

    def get_crumbs(self):
        return [Crumb(_("Messages"), reverse("campaigns:message_list"))]


class BatchPage(DetailPage):
    permission = rules.PRINT
    menu = "messages"
    queryset = PrintBatch.objects.select_related("creditor", "actor", "document")
    list_url_name = "campaigns:print_batch_list"
    list_title = gettext_lazy("Letters")

    def get_title(self):
        return _("Batch %(number)s") % {"number": self.object.pk}

    def figures(self):
        return [
            Figure(_("Letters"), self.object.letters, size="ask"),
            Figure(_("Spared"), self.object.spared),
            Figure(_("Creditor"), self.object.creditor or _("all")),
        ]

    def get_head_actions(self):
        if self.object.document is None:
            return []
        return [
            Action(
                _("Download for the printer"),
                reverse("core:file_download", args=[self.object.document.token]),
                icon="download",
                primary=True,
            )
        ]

    def sections(self):
        rows = (
            Message.objects.filter(print_batch=self.object)
            .select_related("debtor", "creditor", "template_version__template")
            .order_by("pk")[:200]
        )
        return [Section(_("Letters"), table=MessageTable.draw(rows, request=self.request))]


class PrintForm(forms.Form):
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("All creditors"),
    )


class PrintPage(ActionPage):
    permission = rules.PRINT
    title = gettext_lazy("Print letters")
    menu = "messages"
    button = gettext_lazy("Print the waiting letters")
    form_class = PrintForm

    def get_form(self):
        form = super().get_form()
        field = form.fields["creditor"]
        field.queryset = creditor_choices(self.request)
        if not sees_every_creditor(self.request.user):
            field.required, field.empty_label = True, None
        return form

    def facts(self):
        rows = (
            Message.objects.filter(channel="letter", status__in=WAITING)
            .filter(creditor__in=creditor_choices(self.request))
            .values_list("creditor__name")
            .annotate(n=Count("pk"))
            .order_by("creditor__name")
        )
        return [Fact(name, number) for name, number in rows] or [Fact(_("Waiting"), 0)]

    def consequence(self):
        return _(
            "Every letter is judged again, booked as sent, and put into one file for the printer."
        )

    def perform(self, form):
        creditor = form.cleaned_data["creditor"]
        return PrintLetters.enqueue_once(
            scope=creditor.code if creditor else "", actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


urlpatterns = [
    path("letters/", BatchListPage.as_view(), name="print_batch_list"),
    path("letters/print/", PrintPage.as_view(), name="letters_print"),
    path("letters/<int:pk>/", BatchPage.as_view(), name="print_batch_detail"),
]
