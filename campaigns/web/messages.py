"""The outbox: every message with its status, its exact words, and what a person must decide."""

from typing import Any

from django import forms
from django.db.models import Prefetch
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from campaigns.sending import rules, settling
from campaigns.sending.enums import MESSAGE, WAITING, MessageStatus
from campaigns.sending.filtersets import MessageFilterSet
from campaigns.sending.models import Message, MessageAccount
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.forms import ReasonForm
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage

MESSAGES = Message.objects.select_related("debtor", "creditor", "template_version__template")


class MessageTable(Table):
    debtor = LinkColumn(
        "campaigns:message_detail", text="debtor.name", verbose_name=gettext_lazy("To")
    )
    channel = TextColumn(accessor="get_channel_display", verbose_name=gettext_lazy("By"), width=108)
    text = TextColumn(
        accessor="template_version.template.name", verbose_name=gettext_lazy("Text"), width=140
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=140, muted=True
    )
    queued = MomentColumn(
        accessor="queued_at", verbose_name=gettext_lazy("Queued"), order_by=("pk",)
    )
    sent = MomentColumn(accessor="sent_at", verbose_name=gettext_lazy("Sent"))
    why = TextColumn(
        accessor="get_spared_display", verbose_name=gettext_lazy("Why not"), width=140, muted=True
    )
    status = StatusColumn(MessageStatus, verbose_name=gettext_lazy("Status"), width=180)

    row_label = "debtor.name"

    class Meta:
        order_by = "-queued"


class MessageListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Messages")
    lead = gettext_lazy("Everything that went out, waits to go, or was held back, with the reason.")
    menu = "messages"
    list_name = "messages"
    url_name = "campaigns:message_list"
    queryset = MESSAGES
    filterset_class = MessageFilterSet
    table_class = MessageTable
    count_label = ngettext_lazy("%(n)s message", "%(n)s messages", "n")
    empty_text = gettext_lazy("No message yet. The first reminders come with the first run.")
    default_views = (
        (gettext_lazy("Waiting"), "status=queued&status=deferred&status=sending"),
        (gettext_lazy("Needs a person"), "status=unknown&status=failed"),
        (gettext_lazy("Sent"), "status=sent"),
        (gettext_lazy("Withheld"), "status=withheld&status=cancelled"),
    )

    def get_head_actions(self):
        return [
            Action(
                _("Letters to print"),
                reverse("campaigns:print_batch_list"),
                icon="printer",
                permission=rules.PRINT,
            ),
            Action(
                _("Reminder runs"),
                reverse("campaigns:reminder_run_list"),
                icon="send",
                permission="campaigns.view_reminder_run",
            ),
        ]


class LineTable(Table):
    account = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
    )
    demanded = MoneyColumn(verbose_name=gettext_lazy("Asked for"), total=True, code=True)


class HistoryTable(Table):
    at = MomentColumn(accessor="recorded_at", verbose_name=gettext_lazy("When"))
    what = TextColumn(accessor="to_label", verbose_name=gettext_lazy("Became"))
    why = TextColumn(accessor="reason", verbose_name=gettext_lazy("Why"), muted=True)
    who = TextColumn(accessor="actor", verbose_name=gettext_lazy("By"), width=140, muted=True)


class MessagePage(DetailPage):
    permission = rules.VIEW
    menu = "messages"
    queryset = MESSAGES.select_related(
        "contact_point", "permit", "contact", "print_batch", "document"
    )
    status_field = "status"
    list_url_name = "campaigns:message_list"
    list_title = gettext_lazy("Messages")
    has_history = False

    def get_queryset(self):
        lines = MessageAccount.objects.select_related("account").order_by("account__number")
        return super().get_queryset().prefetch_related(Prefetch("lines", queryset=lines))

    def get_title(self):
        return _("%(channel)s to %(debtor)s") % {
            "channel": self.object.get_channel_display(),
            "debtor": self.object.debtor.name,
        }

    def figures(self) -> list[Figure]:
        message = self.object
        sums: dict[str, Any] = {}
        for line in message.lines.all():
            sums[line.currency] = sums.get(line.currency, 0) + line.demanded
        found = [
            Figure(_("Asked for"), ui.figure(amount, currency), currency=currency, size="ask")
            for currency, amount in sorted(sums.items())
        ]
        found.append(Figure(_("Queued"), ui.moment(message.queued_at)))
        if message.sent_at:
            found.append(Figure(_("Sent"), ui.moment(message.sent_at)))
        elif message.not_before and message.status in WAITING:
            found.append(Figure(_("Not before"), ui.moment(message.not_before)))
        if message.spared:
            found.append(Figure(_("Withheld because"), message.get_spared_display()))
        return found

    def sections(self) -> list[Section]:
        message = self.object
        parts = [
            Section(
                _("Exactly what it says") if message.body else _("Not written yet"),
                template="campaigns/message_text.html",
                context={"message": message},
                note=message.template_version.template.name if message.template_version else "",
            )
        ]
        if message.document:
            parts[0].link = Crumb(
                _("The letter as PDF"), reverse("core:file_download", args=[message.document.token])
            )
        history = list(MESSAGE.history(message))
        for row in history:
            row.to_label = MESSAGE.label(row.to_status)
        parts.append(
            Section(_("What happened"), table=HistoryTable.draw(history, request=self.request))
        )
        return parts

    def side(self) -> list[Section]:
        message = self.object
        lines = Section(
            _("Accounts"),
            table=LineTable.draw(message.lines.all(), request=self.request, with_totals=True),
        )
        return [lines, Section(_("Permit"), facts=self._permit_facts())]

    def _permit_facts(self) -> list[Fact]:
        message, permit = self.object, self.object.permit
        facts = [
            Fact(_("To"), message.contact_point.value if message.contact_point else "–"),
            Fact(_("Allowed"), ui.moment(permit.moment), note=permit.profile),
        ]
        for name, used in (permit.facts.get("counts") or {}).items():
            facts.append(Fact(name, used))
        if message.run_id:
            facts.append(
                Fact(
                    _("Reminder run"),
                    message.run_id,
                    url=reverse("campaigns:reminder_run_detail", args=[message.run_id]),
                )
            )
        if message.delivery:
            facts.append(Fact(_("Delivery"), message.get_delivery_display()))
        if message.reason:
            facts.append(Fact(_("Note"), message.reason))
        return facts

    def get_head_actions(self):
        status, args = self.object.status, [self.object.pk]
        actions = []
        if status == MessageStatus.UNKNOWN:
            actions.append(
                Action(
                    _("Say what became of it"),
                    reverse("campaigns:message_resolve", args=args),
                    icon="help-circle",
                    primary=True,
                    permission=rules.RESOLVE,
                )
            )
        if status == MessageStatus.FAILED:
            actions.append(
                Action(
                    _("Try again"),
                    reverse("campaigns:message_retry", args=args),
                    icon="refresh",
                    primary=True,
                    permission=rules.RESOLVE,
                )
            )
        if status in (*WAITING, MessageStatus.FAILED):
            actions.append(
                Action(
                    _("Cancel message"),
                    reverse("campaigns:message_cancel", args=args),
                    icon="ban",
                    permission=rules.CANCEL,
                )
            )
        return actions


class MessageVerb(ActionPage):
    menu = "messages"
    queryset = MESSAGES

    def get_crumbs(self):
        return [
            Crumb(_("Messages"), reverse("campaigns:message_list")),
            Crumb(self.object.debtor.name, self.get_success_url(None)),
        ]

    def get_success_url(self, result):
        return reverse("campaigns:message_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(None)

    def facts(self):
        message = self.object
        return [
            Fact(_("To"), message.debtor.name),
            Fact(_("By"), message.get_channel_display()),
            Fact(_("Message-ID"), message.message_id or message.key),
            Fact(_("What is known"), message.reason or "–"),
        ]


class ResolveForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What became of it"),
        widget=forms.RadioSelect,
        choices=[
            ("sent", gettext_lazy("It was sent")),
            ("again", gettext_lazy("It was not sent: queue it again")),
            ("not_sent", gettext_lazy("It was not sent, and shall not be")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        max_length=300,
        help_text=gettext_lazy("For instance: the mail server's log has no such Message-ID."),
    )


class ResolvePage(MessageVerb):
    permission = rules.RESOLVE
    title = gettext_lazy("What became of this message?")
    button = gettext_lazy("Save what became of it")
    form_class = ResolveForm
    success_message = gettext_lazy("Saved. The message is no longer unknown.")

    def consequence(self):
        return _(
            "A message queued again is judged anew before it leaves. It may reach the debtor twice "
            "if it was sent after all."
        )

    def perform(self, form):
        return settling.resolve_unknown(
            message=self.object,
            outcome=form.cleaned_data["outcome"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            now=clock.now(),
        )


class RetryPage(MessageVerb, ReasonPage):
    permission = rules.RESOLVE
    title = gettext_lazy("Try again")
    button = gettext_lazy("Queue the message again")
    form_class = ReasonForm
    success_message = gettext_lazy("Queued again.")

    def perform(self, form):
        return settling.retry_failed(
            message=self.object,
            note=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )


class CancelPage(MessageVerb, ReasonPage):
    permission = rules.CANCEL
    title = gettext_lazy("Cancel message")
    button = gettext_lazy("Cancel the message")
    is_dangerous = True
    success_message = gettext_lazy("Cancelled. It will not be sent.")

    def consequence(self):
        return _("It is never sent. The next step of the strategy comes on its day all the same.")

    def perform(self, form):
        return settling.cancel_message(
            message=self.object,
            note=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )


def needs_a_person(user, as_of) -> int | None:
    """Unknown and failed messages of the user's accounts, for the menu."""
    stuck = Message.objects.visible_to(user).filter(
        status__in=[MessageStatus.UNKNOWN, MessageStatus.FAILED]
    )
    return stuck.count() or None


navigation.register(
    "messages",
    gettext_lazy("Messages"),
    "campaigns:message_list",
    icon="mail",
    permission=rules.VIEW,
    order=50,
    count=needs_a_person,
)

urlpatterns = [
    path("messages/", MessageListPage.as_view(), name="message_list"),
    path("messages/<int:pk>/", MessagePage.as_view(), name="message_detail"),
    path("messages/<int:pk>/resolve/", ResolvePage.as_view(), name="message_resolve"),
    path("messages/<int:pk>/retry/", RetryPage.as_view(), name="message_retry"),
    path("messages/<int:pk>/cancel/", CancelPage.as_view(), name="message_cancel"),
]
