"""Letters that came back: entered by scanning the reference on each, listed, and taken back."""

from django import forms
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.parties.enums import Channel
from campaigns.sending import returned_mail, rules
from campaigns.sending.enums import DeliveryStatus
from campaigns.sending.models import reference_of
from campaigns.web.message_verbs import MessageVerb
from campaigns.web.messages import MESSAGES
from collections_app.core import clock
from collections_app.core.refusal import Refused
from collections_app.core.web.forms import ReasonForm
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import LinkColumn, MomentColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage, ReasonPage

SHOWN = 10  # lines named in the sentence after an entry


def _undo(row, context) -> str:
    url = reverse("campaigns:letter_return_undo", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, _("Undo"))


class ReturnedTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn("campaigns:message_detail", text="debtor.name", verbose_name=gettext_lazy("To"))
    reference = RowColumn(
        lambda row, context: format_html("<bdi>{}</bdi>", reference_of(row.pk)),
        verbose_name=gettext_lazy("Reference"),
        width=108,
        orderable=False,
    )
    address = TextColumn(accessor="contact_point.value", verbose_name=gettext_lazy("Address"), width=260)
    sent = MomentColumn(accessor="sent_at", verbose_name=gettext_lazy("Sent"), order_by=("sent_at",))
    why = TextColumn(accessor="reason", verbose_name=gettext_lazy("Why it came back"), width=200)
    undo = RowColumn(_undo, verbose_name=gettext_lazy("Not so?"), width=76, orderable=False)

    class Meta:
        order_by = "-sent"


class ReturnedListPage(ListPage):
    permission = rules.PRINT
    title = gettext_lazy("Letters that came back")
    lead = gettext_lazy("The address of each was marked bad, and somebody looks for another.")
    menu = "messages"
    list_name = "returned_letters"
    url_name = "campaigns:returned_letter_list"
    queryset = MESSAGES.filter(
        channel=Channel.LETTER, delivery=DeliveryStatus.BOUNCED
    ).select_related("contact_point")
    table_class = ReturnedTable
    count_label = ngettext_lazy("%(n)s letter", "%(n)s letters", "n")
    empty_text = gettext_lazy("No letter has come back.")

    def get_crumbs(self):
        return [Crumb(_("Letters"), reverse("campaigns:print_batch_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("Enter returned mail"),
                reverse("campaigns:letters_returned"),
                icon="mail-x",
                primary=True,
                permission=rules.PRINT,
            )
        ]


class ReturnedForm(forms.Form):
    lines = forms.CharField(
        label=gettext_lazy("References"),
        widget=forms.Textarea(
            attrs={"rows": 12, "autofocus": True, "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy("One a line, as printed under “Our reference”: L1234. A scanner or a list."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What the post says"),
        max_length=200,
        initial=gettext_lazy("Moved, unknown at this address"),
    )


class ReturnedPage(ActionPage):
    permission = rules.PRINT
    title = gettext_lazy("Enter returned mail")
    menu = "messages"
    button = gettext_lazy("Enter the letters that came back")
    form_class = ReturnedForm
    wide_fields = ("lines", "reason")

    def get_crumbs(self):
        return [Crumb(_("Letters that came back"), self.get_success_url(None))]

    def get_cancel_url(self):
        return self.get_success_url(None)

    def consequence(self):
        return _(
            "Each address is marked bad, a trace is opened, and the next channel the debtor allows takes"
            " the letter's place."
        )

    def perform(self, form):
        result = returned_mail.take_back_letters(
            lines=returned_mail.references_in(form.cleaned_data["lines"]),
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )
        if not result.taken:
            raise Refused(" ".join(self.left_out(result)), field="lines")
        return result

    def get_success_message(self, result):
        taken = ngettext(
            "%(n)s letter entered as returned.", "%(n)s letters entered as returned.", len(result.taken)
        )
        return " ".join([taken % {"n": len(result.taken)}, *self.left_out(result)])

    @staticmethod
    def left_out(result) -> list[str]:
        """Why lines changed nothing."""
        said = []
        if result.spoilt:
            words = _("Spoilt when printed, so never posted: %(lines)s.")
            said.append(words % {"lines": _some(result.spoilt)})
        if result.again:
            said.append(_("Known before: %(lines)s.") % {"lines": _some(result.again)})
        if result.unknown:
            said.append(_("No letter was sent with: %(lines)s.") % {"lines": _some(result.unknown)})
        return said

    def get_success_url(self, result):
        return reverse("campaigns:returned_letter_list")


def _some(lines: list[str]) -> str:
    more = len(lines) - SHOWN
    shown = ", ".join(line[:40] for line in lines[:SHOWN])
    return shown if more <= 0 else _("%(shown)s and %(n)s more") % {"shown": shown, "n": more}


class UndoReturnPage(MessageVerb, ReasonPage):
    permission = rules.PRINT
    title = gettext_lazy("The letter did not come back")
    button = gettext_lazy("Undo the return")
    form_class = ReasonForm
    success_message = gettext_lazy("Undone. The address can be used again.")

    def consequence(self):
        return _("The trace and what waits in the letter's place are cancelled.")

    def perform(self, form):
        return returned_mail.undo_return(
            message=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )


urlpatterns = [
    path("letters/returned/", ReturnedListPage.as_view(), name="returned_letter_list"),
    path("letters/returned/enter/", ReturnedPage.as_view(), name="letters_returned"),
    path("letters/returned/<int:pk>/undo/", UndoReturnPage.as_view(), name="letter_return_undo"),
]
