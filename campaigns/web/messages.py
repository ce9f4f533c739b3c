"""The outbox: every message with its status, its exact words, and what a person must decide."""

from typing import Any

from django.db.models import Prefetch
from django.http import QueryDict
from django.urls import path, reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.wording import laws_words, limits_of, place_of, profile_words, source_words
from campaigns.sending import rules, wording
from campaigns.sending.enums import MESSAGE, WAITING, DeliveryStatus, MessageStatus, Spared
from campaigns.sending.filtersets import MessageFilterSet
from campaigns.sending.models import Message, MessageAccount, SendingPause
from campaigns.sending.queries import last_refusal, open_pauses
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import DASH
from collections_app.core.web.filters import filter_query
from collections_app.core.web.parts import Action, BulkAction, Crumb, Fact, Figure, Section, Tab
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage

MESSAGES = Message.objects.select_related(
    "debtor", "creditor", "template_version__template", "permit"
)


def _leaves(row: Message, context) -> str:
    """When it was sent; while it waits, from when it may go: here, and there where that differs."""
    if row.sent_at:
        return f'<span class="m">{ui.moment(row.sent_at)}</span>'
    words = wording.leaves_words(row, today=context.today)
    if not words:
        return DASH
    theirs = "" if len(words) == 1 else f'<br><span class="m">{escape(words[0])}</span>'
    since = _("from %(moment)s") % {"moment": ui.moment(row.not_before)}
    return f"{since}{theirs}"


class MessageTable(Table):
    debtor = LinkColumn(
        "campaigns:message_detail", text="debtor.name", verbose_name=gettext_lazy("To"), wrap=True
    )
    channel = TextColumn(accessor="get_channel_display", verbose_name=gettext_lazy("By"), width=108)
    text = TextColumn(
        accessor="template_version.template.name", verbose_name=gettext_lazy("Text"), width=124
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=124, muted=True
    )
    queued = MomentColumn(
        accessor="queued_at", verbose_name=gettext_lazy("Queued"), order_by=("pk",)
    )
    leaves = RowColumn(_leaves, verbose_name=gettext_lazy("Sent or may go"), width=172)
    sent = MomentColumn(accessor="sent_at", verbose_name=gettext_lazy("Sent"), shown=False)
    not_before = MomentColumn(verbose_name=gettext_lazy("May go from"), shown=False)
    why = RowColumn(
        lambda row, context: escape(wording.short_reason(row)) or DASH,
        accessor="get_spared_display",
        verbose_name=gettext_lazy("Why not"),
        width=172,
        muted=True,
        orderable=False,
    )
    status = StatusColumn(MessageStatus, verbose_name=gettext_lazy("Status"), width=156)

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
    bulk_actions = (
        BulkAction(gettext_lazy("Say what became of them"), "campaigns:messages_resolve", rules.RESOLVE),
    )
    # by state; the tabs keep to the run the list was opened for
    default_views = (
        (gettext_lazy("Needs a person"), "status=unknown&status=failed"),
        (gettext_lazy("Queued"), "status=queued&status=sending"),
        (gettext_lazy("Deferred"), "status=deferred"),
        (gettext_lazy("Sent"), "status=sent"),
        (gettext_lazy("Withheld"), "status=withheld&status=cancelled"),
    )

    def tabs(self) -> list[Tab]:
        """One tab a state, with its number; of one run where the list was opened from it."""
        run = self.request.GET.get("run", "")
        if row_id(run) is None:
            return super().tabs()
        views = [(_("Run %(number)s") % {"number": run}, ""), *self.default_views]
        found = []
        for label, query in views:
            kept = "&".join(part for part in (query, f"run={run}") if part)
            found.append(
                Tab(label, f"?{kept}", filter_query(QueryDict(kept)) == self.query)
            )
        return [Tab(_("All runs"), "?"), *found]

    def get_head_actions(self):
        return [
            Action(_("Before it goes"), reverse("campaigns:going_out"), icon="clock"),
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


class CameBackTable(Table):
    at = MomentColumn(accessor="received_at", verbose_name=gettext_lazy("When"))
    what = TextColumn(accessor="words", verbose_name=gettext_lazy("What came"), width=172)
    said = TextColumn(accessor="said", verbose_name=gettext_lazy("What it says"), muted=True)


class DispatchTable(Table):
    begun = MomentColumn(accessor="begun_at", verbose_name=gettext_lazy("Handed over"))
    answered = MomentColumn(accessor="answered_at", verbose_name=gettext_lazy("Answered"))
    answer = TextColumn(accessor="words", verbose_name=gettext_lazy("Answer"), width=172)
    detail = TextColumn(accessor="said", verbose_name=gettext_lazy("In its own words"), muted=True)


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
        if message.spared:
            found.append(Figure(_("Withheld because"), message.get_spared_display()))
        return found

    def sections(self) -> list[Section]:
        message = self.object
        parts = [
            Section(_("Where it stands"), facts=self._standing()),
            Section(
                _("Exactly what it says") if message.body else _("Not written yet"),
                template="campaigns/message_text.html",
                context={"message": message},
                note=self._text_chosen(),
            )
        ]
        if message.document:
            parts[1].link = Crumb(
                _("The letter as PDF"), reverse("core:file_download", args=[message.document.token])
            )
        history = list(MESSAGE.history(message))
        for row in history:
            row.to_label = MESSAGE.label(row.to_status)
            row.reason = wording.reason_words(row.reason)
        parts.append(
            Section(_("What happened"), table=HistoryTable.draw(history, request=self.request))
        )
        return [*parts, *self._at_the_gateway()]

    def _at_the_gateway(self) -> list[Section]:
        """What the gateway said when it was handed over, and what came back since."""
        found = []
        if tries := list(self.object.dispatches.order_by("pk")):
            for row in tries:
                row.words, row.said = wording.answer_words(row.answer), row.detail or row.reference
            table = DispatchTable.draw(tries, request=self.request)
            found.append(Section(_("At the gateway"), table=table))
        if events := list(self.object.events.order_by("pk")):
            for row in events:
                row.words, row.said = wording.event_words(row), wording.event_detail(row)
            found.append(
                Section(_("What came back"), table=CameBackTable.draw(events, request=self.request))
            )
        return found

    def _text_chosen(self) -> str:
        """The text's name and version, and the payer type it was written for."""
        version = self.object.template_version
        if version is None:
            return ""
        words = _("%(name)s, version %(number)s") % {
            "name": version.template.name,
            "number": version.number,
        }
        written_for = version.template.payer_type_label
        return f"{words} ({written_for})" if written_for else words

    def _standing(self) -> list[Fact]:
        """Why it is where it is, from when it may go, and what the reader can do."""
        message, refusal = self.object, last_refusal(self.object)
        is_of_gate = message.status == MessageStatus.DEFERRED or message.spared == Spared.GATE
        refused_by: list[Fact] = []
        if is_of_gate and refusal is not None and refusal.rule == message.reason:
            address = reverse("accounts:permit_detail", args=[refusal.pk])
            refused_by.append(Fact(_("Source"), source_words(refusal.rule_source) or "–", url=address))
        facts = [
            Fact(_("Now"), message.get_status_display()),
            Fact(_("Why"), wording.why(message, refusal=refusal, pauses=self._pauses())),
            *refused_by,
            Fact(_("May go from"), "; ".join(wording.leaves_words(message, today=self.today))),
            Fact(_("On paper"), wording.paper_words(message)),
            Fact(_("What you can do"), wording.what_next(message)),
        ]
        return [fact for fact in facts if fact.value]

    def _pauses(self) -> list[SendingPause]:
        message = self.object
        if message.status not in WAITING:
            return []
        return [
            pause
            for pause in open_pauses(self.request.user)
            if pause.creditor_id in (None, message.creditor_id)
        ]

    def _replacements(self) -> list[Message]:
        if self.object.delivery != DeliveryStatus.BOUNCED:
            return []
        return list(self.object.replacements.all())

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
            Fact(
                _("Allowed for"),
                ui.moment(permit.moment),
                url=reverse("accounts:permit_detail", args=[permit.pk]),
            ),
            Fact(_("Rules"), profile_words(permit.profile), note=laws_words(permit.facts)),
        ]
        if zones := permit.facts.get("zones"):
            facts.append(Fact(_("Their clock"), ", ".join(place_of(zone) for zone in zones[:3])))
        facts += [Fact(_("Limit"), limit.sentence) for limit in limits_of(permit.facts)]
        if message.run_id:
            facts.append(
                Fact(
                    _("Run"),
                    message.run_id,
                    url=reverse("campaigns:reminder_run_detail", args=[message.run_id]),
                )
            )
        if message.instead_of_id:
            facts.append(
                Fact(
                    _("In place of"),
                    _("the one that came back"),
                    url=reverse("campaigns:message_detail", args=[message.instead_of_id]),
                )
            )
        facts += [
            Fact(
                _("Replaced by"),
                row.get_channel_display(),
                url=reverse("campaigns:message_detail", args=[row.pk]),
            )
            for row in self._replacements()
        ]
        if message.delivery:
            facts.append(Fact(_("Delivery"), message.get_delivery_display()))
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
]
