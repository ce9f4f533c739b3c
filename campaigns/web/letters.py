"""The print queue: letters that wait, and the batches that were printed."""

from django import forms
from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices, sees_every_creditor
from campaigns.sending import reprinting, rules
from campaigns.sending.enums import WAITING, PrintState, SpoiltReason
from campaigns.sending.jobs import PrintLetters
from campaigns.sending.models import Message, PrintBatch
from campaigns.sending.returned_mail import references_in
from collections_app.core import clock
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, VerbView

SHOWN = 200  # prints on a batch's page


class BatchTable(Table):
    made = LinkColumn("campaigns:print_batch_detail", text="pk", verbose_name=gettext_lazy("Batch"))
    at = MomentColumn(accessor="made_at", verbose_name=gettext_lazy("On"), order_by=("pk",))
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=180
    )
    letters = NumberColumn(verbose_name=gettext_lazy("Printed"), width=88, phone=True)
    spoilt = NumberColumn(
        verbose_name=gettext_lazy("Spoilt"),
        width=80,
        phone=True,
        help_text=gettext_lazy("Prints that never left the house"),
    )
    copy = TextColumn(
        accessor="copy_word", verbose_name=gettext_lazy("Mark"), width=90, muted=True
    )
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
    queryset = PrintBatch.objects.select_related("creditor", "actor").annotate(
        spoilt=Count("prints", filter=Q(prints__status=PrintState.SPOILT))
    )
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


class PrintTable(Table):
    """The prints of a batch, each with what became of it."""

    reference = LinkColumn(
        "campaigns:message_detail",
        arg="message_id",
        text="reference",
        verbose_name=gettext_lazy("Letter"),
        width=108,
        phone=True,
    )
    debtor = TextColumn(accessor="message.debtor.name", verbose_name=gettext_lazy("To"))
    heading = TextColumn(
        accessor="message.subject", verbose_name=gettext_lazy("Heading"), muted=True
    )
    status = StatusColumn(PrintState, verbose_name=gettext_lazy("Print"), width=150, phone=True)
    why = TextColumn(accessor="why", verbose_name=gettext_lazy("Why spoilt"), width=220, muted=True)


class BatchPage(DetailPage):
    permission = rules.PRINT
    menu = "messages"
    queryset = PrintBatch.objects.select_related("creditor", "actor", "document")
    list_url_name = "campaigns:print_batch_list"
    list_title = gettext_lazy("Letters")

    def get_title(self):
        title = _("Copies, batch %(number)s") if self.object.is_copy else _("Batch %(number)s")
        return title % {"number": self.object.pk}

    @cached_property
    def sheets(self):
        return reprinting.sheets_of(self.object)

    def figures(self):
        sheets = self.sheets
        waiting = ngettext(
            "%(n)s waits to be printed again", "%(n)s wait to be printed again", sheets.waiting
        ) % {"n": sheets.waiting}
        if sheets.anew and not sheets.waiting:
            waiting = _("notices are given anew")
        return [
            Figure(_("Printed"), sheets.printed, size="ask"),
            Figure(_("Good"), sheets.good),
            Figure(_("Spoilt"), sheets.spoilt, note=waiting if sheets.spoilt else ""),
            Figure(_("Spared"), self.object.spared),
            Figure(_("Creditor"), self.object.creditor or _("all")),
        ]

    def get_head_actions(self):
        if self.object.document is None:
            return []
        args = [self.object.pk]
        actions = [
            Action(
                _("Download for the printer"),
                reverse("core:file_download", args=[self.object.document.token]),
                icon="download",
                primary=True,
            )
        ]
        if self.sheets.waiting:
            actions.append(
                Action(
                    _("Print the spoilt ones again"),
                    reverse("campaigns:prints_again", args=args),
                    icon="copy",
                    post=True,
                )
            )
        if self.sheets.good:
            actions.append(
                Action(_("Mark as spoilt"), reverse("campaigns:prints_spoilt", args=args), icon="ban")
            )
        return actions

    def sections(self):
        rows = (
            self.object.prints.select_related("message__debtor").order_by("message")[:SHOWN]
        )
        note = _("the first %(n)s") % {"n": SHOWN} if self.sheets.printed > SHOWN else ""
        table = PrintTable.draw(rows, request=self.request)
        return [Section(_("Letters"), table=table, note=note)]


class SpoiltForm(forms.Form):
    lines = forms.CharField(
        label=gettext_lazy("References"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 6, "autofocus": True, "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy("One a line, typed or scanned: L1234. Leave it empty for the whole batch."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=SpoiltReason.choices)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class _OfBatch(ActionPage):
    permission = rules.PRINT
    menu = "messages"
    queryset = PrintBatch.objects.select_related("creditor")

    def get_success_url(self, result):
        return reverse("campaigns:print_batch_detail", args=[(result or self.object).pk])

    def get_cancel_url(self):
        return self.get_success_url(None)


class SpoiltPage(_OfBatch):
    title = gettext_lazy("Mark prints as spoilt")
    button = gettext_lazy("Mark as spoilt")
    form_class = SpoiltForm
    wide_fields = ("lines", "note")

    def get_crumbs(self):
        batch = _("Batch %(number)s") % {"number": self.object.pk}
        return [Crumb(batch, self.get_success_url(None))]

    def consequence(self):
        return _("They count as waste and can be printed again as copies. A formal notice loses its clock.")

    def perform(self, form):
        said = form.cleaned_data
        self.count = reprinting.spoil_prints(
            batch=self.object,
            lines=references_in(said["lines"]),
            reason=said["reason"],
            note=said["note"],
            actor=self.request.user,
            now=clock.now(),
        )

    def get_success_message(self, result):
        return ngettext("%(n)s print is spoilt.", "%(n)s prints are spoilt.", self.count) % {"n": self.count}


class PrintAgainView(_OfBatch, VerbView):
    success_message = gettext_lazy(
        "Printed again, each marked as a copy. What is no longer true was left out."
    )

    def perform(self, form):
        return reprinting.print_again(batch=self.object, actor=self.request.user, now=clock.now())


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
    path("letters/<int:pk>/spoilt/", SpoiltPage.as_view(), name="prints_spoilt"),
    path("letters/<int:pk>/again/", PrintAgainView.as_view(), name="prints_again"),
    path("letters/<int:pk>/", BatchPage.as_view(), name="print_batch_detail"),
]
