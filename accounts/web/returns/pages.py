"""Returned payments and what is tried again, as lists and one by one."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.returns.enums import ActionClass, Block, RetryStatus, Scheme
from accounts.returns.filtersets import RetryFilterSet, ReturnFilterSet
from accounts.returns.models import MeansStop, PaymentReturn, Retry
from accounts.returns.rules import END_STOP, RECORD_RETURN, VIEW_RETURN, VIEW_RETURN_FILE
from accounts.tasks.models import Task
from accounts.web.account_parts import account_action, debtor_column, debtor_line
from collections_app.core import clock
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage


class ReturnTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:return_detail", order_by=("account__debtor__name",))
    scheme = TextColumn(
        accessor="get_scheme_display", verbose_name=gettext_lazy("Scheme"), width=140, muted=True, shown=False
    )
    code = TextColumn(accessor="reason.shown_code", verbose_name=gettext_lazy("Code"), width=60, bdi=True)
    meaning = TextColumn(accessor="reason.meaning", verbose_name=gettext_lazy("Reason"), width=228)
    asks = TextColumn(
        accessor="reason.get_action_class_display",
        verbose_name=gettext_lazy("Asks for"),
        width=188,
        muted=True,
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Came back"), code=True, total=True, order_by=("amount",))
    return_date = DateColumn(verbose_name=gettext_lazy("On"), age=True, order_by=("return_date",))
    paid_on = DateColumn(accessor="entry.value_date", verbose_name=gettext_lazy("Paid on"))
    attempt = NumberColumn(verbose_name=gettext_lazy("Times"), width=68, shown=False)
    officer = TextColumn(
        accessor="account.officer.full_name", verbose_name=gettext_lazy("Officer"), width=124, muted=True
    )
    creditor = TextColumn(
        accessor="account.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=132,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "-return_date"


class ReturnListPage(AnyDayList, ListPage):
    permission = VIEW_RETURN
    title = gettext_lazy("Returns")
    lead = gettext_lazy("Payments that came back, why, and what that asks for.")
    menu = "returns"
    queryset = PaymentReturn.objects.select_related(
        "account__debtor", "account__creditor", "account__officer", "reason", "entry"
    )
    filterset_class = ReturnFilterSet
    table_class = ReturnTable
    list_name = "returns"
    day_field = "return_date"
    only_now = ("mine",)
    url_name = "accounts:return_list"
    count_label = ngettext_lazy("%(n)s return", "%(n)s returns", "n")
    empty_text = gettext_lazy("No payment came back. Say so on the payment's own page.")
    default_views = (
        (gettext_lazy("My accounts"), "mine=true"),
        (gettext_lazy("Cheques"), "scheme=cheque"),
        (gettext_lazy("Contested"), "action=dispute"),
    )

    def get_head_actions(self):
        return [
            Action(_("Reasons"), reverse("accounts:return_reason_list"), icon="list-details"),
            Action(_("To try again"), reverse("accounts:retry_list") + "?due=true", icon="repeat"),
            Action(
                _("Return files"),
                reverse("accounts:return_file_list"),
                icon="file-import",
                permission=VIEW_RETURN_FILE,
            ),
        ]


class ReturnDetailPage(DetailPage):
    permission = VIEW_RETURN
    menu = "returns"
    queryset = PaymentReturn.objects.select_related(
        "account__debtor", "account__creditor", "reason", "entry", "reversal", "rest", "fee", "actor"
    )
    list_url_name = "accounts:return_list"
    list_title = gettext_lazy("Returns")

    def get_title(self):
        returned = self.object
        return _("%(currency)s %(amount)s came back: %(reason)s") % {
            "currency": returned.currency,
            "amount": amount_text(returned.amount, returned.currency),
            "reason": returned.reason.meaning(),
        }

    def get_lead(self):
        return debtor_line(self.object.account)

    def get_head_actions(self):
        returned = self.object
        actions = [account_action(returned.account_id)]
        if returned.reason.action_class == ActionClass.DISPUTE:
            actions.append(
                Action(
                    _("Raise a dispute"),
                    reverse("accounts:dispute_new", args=[returned.account_id]),
                    icon="message-report",
                    permission="accounts.raise_dispute",
                )
            )
        return actions

    def figures(self):
        returned, code = self.object, self.object.currency
        note = (
            _("of %(amount)s") % {"amount": amount_text(returned.entry.amount, code)}
            if returned.rest_id
            else ""
        )
        return [
            Figure(_("Came back"), ui.figure(returned.amount, code), size="xl", currency=code, note=note),
            Figure(
                _("On"),
                day_text(returned.return_date, self.today),
                note=_("paid %(day)s") % {"day": day_text(returned.entry.value_date, self.today)},
            ),
            Figure(_("Scheme"), returned.get_scheme_display(), note=returned.reason.shown_code()),
            Figure(_("Asks for"), returned.reason.get_action_class_display()),
            Figure(_("Presented"), _("%(n)s times") % {"n": returned.attempt})
            if returned.attempt > 1
            else Figure(_("Presented"), _("once")),
        ]

    def posted(self) -> Section:
        returned, code = self.object, self.object.currency

        def line(label, entry, note="") -> Fact:
            return Fact(
                label,
                ui.money_with_code(entry.amount, code),
                url=reverse("accounts:entry_detail", args=[entry.pk]),
                note=", ".join(filter(None, [day_text(entry.value_date, self.today), note])),
            )

        facts = [
            line(_("Receipt"), returned.entry, returned.entry.reference),
            line(_("Reversal"), returned.reversal),
        ]
        if returned.rest is not None:
            facts.append(
                line(
                    _("The part that stayed"), returned.rest, _("paid in anew, the receipt is reversed whole")
                )
            )
        if returned.fee is not None:
            facts.append(line(_("Fee to the debtor"), returned.fee))
        elif returned.fee_note:
            facts.append(Fact(_("Fee to the debtor"), returned.fee_note))
        if returned.certificate:
            facts.append(Fact(_("Certificate"), returned.certificate))
        if returned.note:
            facts.append(Fact(_("Note"), returned.note))
        facts.append(Fact(_("Recorded"), ui.moment(returned.recorded_at), note=str(returned.actor)))
        return Section(_("What was posted"), facts=facts)

    def follows(self) -> Section:
        returned = self.object
        facts = []
        tasks = Task.objects.filter(subject_type="accounts.paymentreturn", subject_id=returned.pk)
        for task in tasks.select_related("assignee", "team", "department").order_by("id"):
            facts.append(
                Fact(
                    _("Task"),
                    task.heading,
                    url=reverse("accounts:task_detail", args=[task.pk]),
                    note=f"{task.addressee()}, {task.get_status_display()}",
                )
            )
        retry = Retry.objects.filter(payment_return=returned).first()
        if retry is not None:
            facts.append(
                Fact(
                    _("Try again"),
                    day_text(retry.planned_date, self.today),
                    url=reverse("accounts:retry_detail", args=[retry.pk]),
                    note=str(retry.get_status_display()),
                )
            )
        elif returned.scheme == Scheme.CHEQUE:
            facts.append(Fact(_("Try again"), _("from the register of cheques")))
        else:
            facts.append(Fact(_("Try again"), _("not planned")))
        stop = MeansStop.objects.filter(payment_return=returned).first()
        if stop is not None:
            strong = stop.strength == Block.STOP
            facts.append(
                Fact(
                    _("Stopped") if strong else _("Warning"),
                    stop.get_scheme_display(),
                    note=_("until %(day)s: %(why)s")
                    % {"day": day_text(stop.ended_on, self.today), "why": stop.end_reason}
                    if stop.ended_on
                    else _("until somebody allows it again"),
                    url=reverse("accounts:means_stop_end", args=[stop.pk])
                    if not stop.ended_on and has_permission(self.request.user, END_STOP)
                    else "",
                )
            )
        return Section(_("What follows"), facts=facts)

    def sections(self):
        return [self.posted(), self.follows()]

    def side(self):
        reason = self.object.reason
        return [
            Section(
                _("The reason"),
                facts=[
                    Fact(_("Code"), reason.shown_code() or "–"),
                    Fact(_("Source"), reason.source_in_words()),
                    Fact(
                        _("Try again"),
                        _("%(n)s times, after %(days)s days")
                        % {"n": reason.retry_limit, "days": reason.retry_days}
                        if reason.retry_limit
                        else _("never"),
                    ),
                ],
                link=Crumb(_("Open"), reverse("accounts:return_reason_detail", args=[reason.pk])),
            )
        ]


class RetryTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:retry_detail", order_by=("account__debtor__name",))
    planned_date = DateColumn(verbose_name=gettext_lazy("Planned for"), order_by=("planned_date",))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    owed = MoneyColumn(
        accessor="account.standing.balance", verbose_name=gettext_lazy("Owed now"), credit=True
    )
    scheme = TextColumn(accessor="get_scheme_display", verbose_name=gettext_lazy("Scheme"), width=164)
    attempt = NumberColumn(verbose_name=gettext_lazy("Time"), width=68)
    reason = TextColumn(
        accessor="payment_return.reason.meaning",
        verbose_name=gettext_lazy("Came back for"),
        width=196,
        muted=True,
    )
    status = StatusColumn(RetryStatus, verbose_name=gettext_lazy("Status"), width=132, phone=True)

    class Meta:
        order_by = "planned_date"

    @staticmethod
    def row_class(row) -> str:
        late = row.status == RetryStatus.PLANNED and row.planned_date < clock.today()
        return "att" if late else ""


class RetryListPage(ListPage):
    permission = VIEW_RETURN
    title = gettext_lazy("Retries")
    lead = gettext_lazy("Payments that came back and are to be presented again, within their limits.")
    menu = "returns"
    queryset = Retry.objects.select_related("account__debtor", "account__standing", "payment_return__reason")
    filterset_class = RetryFilterSet
    table_class = RetryTable
    list_name = "retries"
    url_name = "accounts:retry_list"
    count_label = ngettext_lazy("%(n)s retry", "%(n)s retries", "n")
    empty_text = gettext_lazy("Nothing is to be presented again.")
    default_views = (
        (gettext_lazy("Due"), "due=true"),
        (gettext_lazy("Planned"), "status=planned"),
    )

    def get_crumbs(self):
        return [Crumb(_("Returns"), reverse("accounts:return_list"))]


def due_count(user, as_of) -> int | None:
    """Retries due on accounts in view."""
    if not has_permission(user, RECORD_RETURN):
        return None
    return Retry.objects.visible_to(user).due(as_of).count() or None


navigation.register(
    "returns",
    gettext_lazy("Returns"),
    "accounts:return_list",
    icon="receipt-refund",
    permission=VIEW_RETURN,
    order=50,
    group="money",
    count=due_count,
)

urlpatterns = [
    path("returns/", ReturnListPage.as_view(), name="return_list"),
    path("returns/<int:pk>/", ReturnDetailPage.as_view(), name="return_detail"),
    path("retries/", RetryListPage.as_view(), name="retry_list"),
]
