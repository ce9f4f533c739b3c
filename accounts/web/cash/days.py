"""The cashier's day: opened, counted, signed for; every day can be looked up and printed again."""

from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy, ngettext, ngettext_lazy
from django.utils.translation import gettext as _

from accounts.cashdesk.enums import CASH_DAY, DayStatus
from accounts.cashdesk.filtersets import CashDayFilterSet
from accounts.cashdesk.models import CashDay, CashReceipt
from accounts.cashdesk.printing import day_pdf
from accounts.cashdesk.queries import opened_again, tills
from accounts.cashdesk.rules import RECEIVE_CASH, TAKE_CASH, VIEW_DAY
from accounts.irregularities.models import Irregularity
from accounts.web.cash.receipts import CashReceiptTable
from accounts.web.steps import steps_section
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage, PageView

RECEIPTS_SHOWN = 200


class CashDayTable(Table):
    row_label = "cashier.full_name"

    cashier = LinkColumn(
        "accounts:cash_day_detail",
        text="cashier.full_name",
        verbose_name=gettext_lazy("Cashier"),
        order_by=("cashier__full_name",),
    )
    day = DateColumn(
        verbose_name=gettext_lazy("Day"), order_by=("day", "shift"), width=124, age=True, phone=True
    )
    counted = TextColumn(accessor="counted_text", verbose_name=gettext_lazy("Counted"), width=188, bdi=True)
    difference = TextColumn(
        accessor="difference_text", verbose_name=gettext_lazy("Difference"), width=140, bdi=True
    )
    receiver = TextColumn(
        accessor="receiver.full_name", verbose_name=gettext_lazy("Received by"), width=140, muted=True
    )
    status = StatusColumn(DayStatus, verbose_name=gettext_lazy("Status"), width=204, phone=True)

    class Meta:
        order_by = "-day"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.difference_text() else ""


class CashDayListPage(AnyDayList, ListPage):
    permission = VIEW_DAY
    title = gettext_lazy("Cash days")
    lead = gettext_lazy("What every cashier took, counted and handed to whom.")
    menu = "cash_desk"
    filterset_class = CashDayFilterSet
    table_class = CashDayTable
    list_name = "cash_days"
    day_field = "day"
    recorded_field = "opened_at"
    lifecycle = CASH_DAY
    only_now = ("to_sign", "differs", "receiver")
    url_name = "accounts:cash_day_list"
    count_label = ngettext_lazy("%(n)s day", "%(n)s days", "n")
    empty_text = gettext_lazy("No day yet. A cashier opens one at the cash desk.")
    default_views = (
        (gettext_lazy("Not closed"), "status=open&status=counted"),
        (gettext_lazy("For me to sign"), "to_sign=true"),
        (gettext_lazy("With a difference"), "differs=true"),
        (gettext_lazy("My own"), "mine=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_queryset(self):
        rows = CashDay.objects.visible_to(self.request.user).select_related("cashier", "receiver")
        return self.as_then(rows.prefetch_related("counts"))

    def complete_then(self, rows):
        """A day that was counted again since tells no count: of the earlier one nothing is kept."""
        super().complete_then(rows)
        counted_since = opened_again(
            [row.pk for row in rows], as_of=self.as_of, known_at=self.known_until
        )
        for row in rows:
            if row.pk in counted_since:
                row._prefetched_objects_cache["counts"] = []
                row.receiver = None


class CashDayDetailPage(DetailPage):
    permission = VIEW_DAY
    menu = "cash_desk"
    queryset = CashDay.objects.select_related("cashier", "receiver")
    status_field = "status"
    list_url_name = "accounts:cash_day_list"
    list_title = gettext_lazy("Cash days")

    def get_title(self):
        day = self.object
        return f"{day.cashier}, {day_text(day.day, self.today)}"

    def get_lead(self):
        return _("Shift %(n)s") % {"n": self.object.shift} if self.object.shift > 1 else ""

    def get_head_actions(self):
        day, user = self.object, self.request.user
        own = day.cashier_id == user.pk
        actions = [Action(_("Print"), reverse("accounts:cash_day_print", args=[day.pk]), icon="printer")]
        if day.status == DayStatus.OPEN:
            actions.append(
                Action(
                    _("Count and close") if own else _("Count in the cashier's place"),
                    reverse("accounts:cash_day_close", args=[day.pk]),
                    icon="cash",
                    primary=own,
                    permission=TAKE_CASH if own else RECEIVE_CASH,
                )
            )
        if day.status == DayStatus.COUNTED:
            if own or day.receiver_id == user.pk:
                actions.append(
                    Action(
                        _("Count again"),
                        reverse("accounts:cash_day_again", args=[day.pk]),
                        icon="arrow-back-up",
                    )
                )
            if day.receiver_id == user.pk:
                actions.append(
                    Action(
                        _("Sign for the cash"),
                        reverse("accounts:cash_day_sign", args=[day.pk]),
                        icon="circle-check",
                        primary=True,
                        post=True,
                        permission=RECEIVE_CASH,
                    )
                )
        return actions

    def figures(self):
        found = []
        if self.object.status == DayStatus.OPEN:
            return [
                Figure(
                    _("In the till"),
                    ui.figure(till.expected_amount, till.currency),
                    currency=till.currency,
                    note=ngettext("%(n)s receipt", "%(n)s receipts", till.receipts) % {"n": till.receipts},
                )
                for till in tills(self.object)
            ]
        for count in self.object.counts.order_by("currency"):
            code = count.currency
            found += [
                Figure(_("Expected"), ui.figure(count.expected_amount, code), currency=code),
                Figure(_("Counted"), ui.figure(count.counted_amount, code), currency=code),
                Figure(
                    _("Difference"),
                    ui.figure(-count.difference_amount, code),
                    currency=code,
                    note=_("missing")
                    if count.difference_amount > 0
                    else _("too much")
                    if count.difference_amount
                    else _("none"),
                ),
            ]
        return found

    def sections(self):
        day = self.object
        receipts = (
            CashReceipt.objects.visible_to(self.request.user)
            .filter(cash_day=day)
            .select_related("debtor", "creditor", "cashier", "holder")
            .order_by("id")[:RECEIPTS_SHOWN]
        )
        found = [
            Section(
                _("Receipts"),
                table=CashReceiptTable.draw(
                    receipts,
                    request=self.request,
                    names=["code", "amount", "status", "deposit_code", "banked_on"],
                    empty_text=_("No receipt was issued on this day."),
                    caption=_("Receipts of the day"),
                ),
            )
        ]
        for count in day.counts.prefetch_related("pieces").order_by("currency"):
            facts = [
                Fact(_("Float"), amount_text(count.float_amount, count.currency)),
                Fact(_("Taken"), amount_text(count.taken_amount, count.currency)),
                Fact(_("Brought to the bank"), amount_text(-count.deposited_amount, count.currency)),
                Fact(_("Expected"), amount_text(count.expected_amount, count.currency)),
            ]
            facts += [
                Fact(
                    f"{row.pieces} × {amount_text(row.value, count.currency)}",
                    amount_text(row.value * row.pieces, count.currency),
                )
                for row in sorted(count.pieces.all(), key=lambda row: -row.value)
            ]
            facts.append(Fact(_("Counted"), amount_text(count.counted_amount, count.currency)))
            if count.kept_amount:
                facts.append(
                    Fact(_("Of it put aside as change money"), amount_text(count.kept_amount, count.currency))
                )
            found.append(Section(_("Count, %(currency)s") % {"currency": count.currency}, facts=facts))
        return [*found, steps_section(CASH_DAY, day)]

    def side(self):
        day = self.object
        facts = [Fact(_("Cashier"), str(day.cashier))]
        if day.receiver:
            facts.append(Fact(_("Received by"), str(day.receiver)))
        if day.note:
            facts.append(Fact(_("Note"), day.note))
        facts += self.change_money()
        cases = Irregularity.objects.visible_to(self.request.user).filter(cash_difference__cash_day=day)
        facts += [
            Fact(
                _("Irregularity"),
                f"{case.get_kind_display()}: {amount_text(case.amount, case.currency)} {case.currency}",
                url=reverse("accounts:irregularity_detail", args=[case.pk]),
                note=case.get_status_display(),
            )
            for case in cases
        ]
        return [Section(_("Hand-over"), facts=facts)]

    def change_money(self) -> list[Fact]:
        """Who had the change money of the morning, and who holds what was put aside in the evening."""
        day = self.object
        brought = day.change_brought.select_related("holder").order_by("id")
        kept = day.change_put_aside.select_related("holder").order_by("id")
        found = [
            Fact(
                label,
                f"{amount_text(row.amount, row.currency)} {row.currency}, {row.holder}",
                url=reverse("accounts:change_money_detail", args=[row.pk]),
            )
            for label, rows in ((_("Change money brought"), brought), (_("Change money kept by"), kept))
            for row in rows
        ]
        if day.status == DayStatus.COUNTED and any(count.kept_amount for count in day.counts.all()):
            whom = day.receiver if day.change_goes_along else day.cashier
            found.append(Fact(_("Change money goes to"), str(whom)))
        return found


class PrintDayView(PageView):
    """The close as PDF, as often as wanted."""

    permission = VIEW_DAY

    def get(self, request, *args, **kwargs):
        day = (
            CashDay.objects.visible_to(request.user)
            .filter(**kwargs)
            .select_related("cashier", "receiver")
            .first()
        )
        if day is None:
            raise Http404(_("There is no such day, or it belongs to another team."))
        content = day_pdf(day, user=request.user, language=get_language() or "en")
        return pdf_response(content, f"cash-day-{day.pk}")


urlpatterns = [
    path("cash-days/", CashDayListPage.as_view(), name="cash_day_list"),
    path("cash-days/<int:pk>/", CashDayDetailPage.as_view(), name="cash_day_detail"),
    path("cash-days/<int:pk>/print/", PrintDayView.as_view(), name="cash_day_print"),
]
