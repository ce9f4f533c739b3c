"""Write-offs: the stock, what waits for approval, what moved it, and that the roll holds."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, Sum
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval
from accounts.ledger.enums import EntryKind, EntrySource, ReportLine
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.proposals import kind_of
from accounts.ledger.write_off_sets import KIND, propose_write_offs
from accounts.ledger.write_offs import reinstate
from accounts.parties.queries import creditor_choices
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from accounts.teams.queries import present_team_ids, team_choices
from accounts.web.account_parts import debtor_column
from accounts.web.accounts import AccountListPage
from accounts.web.payments import MoneyForm, MoneyVerb
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.forms import DayField, MomentField, MoneyFormField, adapt
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import DateColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import AnyDayList, BulkActionPage, ListPage, PageView

WRITE_OFF = "accounts.write_off"
BACK = ReportLine.WRITE_OFFS_REVERSED
OF_WRITE_OFFS = (ReportLine.WRITTEN_OFF, BACK)
ZERO = Decimal(0)
# word -> (label, which entries)
MOVES: dict[str, tuple[Any, Q]] = {
    "written_off": (gettext_lazy("Written off"), Q(kind=EntryKind.WRITE_OFF)),
    "recovered": (
        gettext_lazy("Recovered"),
        Q(kind=EntryKind.ADJUSTMENT, line=BACK, source=EntrySource.RULE),
    ),
    "reinstated": (
        gettext_lazy("Reinstated"),
        Q(kind=EntryKind.ADJUSTMENT, line=BACK) & ~Q(source=EntrySource.RULE),
    ),
    "taken_back": (
        gettext_lazy("Reversed"),
        Q(kind=EntryKind.REVERSAL, reverses__line__in=OF_WRITE_OFFS),
    ),
}
# All stand in these two lines, a reversal of one too: the index that has them is small.
ANY_MOVE = Q(line__in=OF_WRITE_OFFS) & (
    MOVES["written_off"][1] | MOVES["recovered"][1] | MOVES["reinstated"][1] | MOVES["taken_back"][1]
)


def move_of(entry: LedgerEntry) -> Any:
    """What an entry did to the stock, in a word."""
    if entry.kind == EntryKind.WRITE_OFF:
        return MOVES["written_off"][0]
    if entry.kind == EntryKind.REVERSAL:
        return MOVES["taken_back"][0]
    return MOVES["recovered" if entry.source == EntrySource.RULE else "reinstated"][0]


def stock(entries, day, by: str = "currency") -> dict[Any, Decimal]:
    """Written off and neither recovered nor reinstated by a day, per currency, from live entries."""
    gone = entries.filter(reverses=OuterRef("pk"), value_date__lte=day)
    live = entries.filter(value_date__lte=day, line__in=OF_WRITE_OFFS).exclude(
        kind=EntryKind.REVERSAL
    )
    rows = (
        live.filter(~Exists(gone))
        .order_by()
        .values(by)
        .annotate(
            off=Sum("amount", filter=Q(line=ReportLine.WRITTEN_OFF), default=ZERO),
            back=Sum("amount", filter=Q(line=BACK), default=ZERO),
        )
    )
    return {row[by]: row["off"] - row["back"] for row in rows}


def moved_within(entries, first_day, last_day, by: str) -> dict[Any, dict[str, Decimal]]:
    """What moved the stock in the days, from every entry, taken back ones included."""
    rows = (
        entries.filter(ANY_MOVE, value_date__gte=first_day, value_date__lte=last_day)
        .order_by()
        .values(by)
        .annotate(
            written_off=Sum("amount", filter=MOVES["written_off"][1], default=ZERO),
            recovered=Sum("amount", filter=MOVES["recovered"][1], default=ZERO),
            reinstated=Sum("amount", filter=MOVES["reinstated"][1], default=ZERO),
            off_reversed=Sum("amount", filter=MOVES["taken_back"][1] & Q(direction="debit"), default=ZERO),
            back_reversed=Sum("amount", filter=MOVES["taken_back"][1] & Q(direction="credit"), default=ZERO),
        )
    )
    return {row.pop(by): row for row in rows}


def change(moves: dict[str, Decimal]) -> Decimal:
    """By how much moves raise the stock."""
    reversed_net = moves["off_reversed"] - moves["back_reversed"]
    return moves["written_off"] - moves["recovered"] - moves["reinstated"] - reversed_net


NO_MOVES = dict.fromkeys(("written_off", "recovered", "reinstated", "off_reversed", "back_reversed"), ZERO)
NAMED = 20


def roll(user, first_day, last_day, known_at=None) -> list[dict[str, Any]]:
    """Opening stock, what moved it in the days, closing stock; whether it holds. Per currency.

    With `known_at` by what was recorded until then. Where all is known today and the days end today,
    the standings must say the same stock. Where something differs the accounts are named.
    """
    entries = LedgerEntry.objects.filter(account__in=Account.objects.visible_to(user))
    if known_at is not None:
        entries = entries.filter(recorded_at__lte=known_at)
    before = first_day - timedelta(days=1)
    opening, closing = stock(entries, before), stock(entries, last_day)
    moved = moved_within(entries, first_day, last_day, "currency")
    standing = _standing_stock(user) if known_at is None and last_day >= clock.today() else None
    found = []
    for code in sorted({*opening, *closing, *moved}):
        of, start, end = moved.get(code, NO_MOVES), opening.get(code, ZERO), closing.get(code, ZERO)
        kept = end if standing is None else standing.get(code, ZERO)
        found.append(
            {
                "code": code,
                "opening": start,
                "written_off": of["written_off"],
                "recovered": of["recovered"],
                "reinstated": of["reinstated"],
                "reversed": of["off_reversed"] - of["back_reversed"],
                "closing": end,
                "kept": kept if standing is not None else None,
                "holds": start + change(of) == end == kept,
            }
        )
    broken = [row["code"] for row in found if not row["holds"]]
    if broken:
        named = _differing(user, entries, before, last_day, with_standing=standing is not None)
        for row in found:
            row["differing"] = [account for account in named if account.currency == row["code"]][:NAMED]
    return found


def _standing_stock(user) -> dict[str, Decimal]:
    seen = Account.objects.visible_to(user).filter(standing__written_off__gt=0).order_by()
    rows = seen.values("currency").annotate(total=Sum("standing__written_off"))
    return {row["currency"]: row["total"] for row in rows}


def _differing(user, entries, before, last_day, *, with_standing: bool) -> list[Account]:
    """The accounts whose stock and movements do not agree, or whose standing says another stock."""
    opening, closing = (stock(entries, day, "account_id") for day in (before, last_day))
    moved = moved_within(entries, before + timedelta(days=1), last_day, "account_id")
    seen = Account.objects.visible_to(user).select_related("debtor").order_by("number")
    kept = dict(seen.filter(standing__written_off__gt=0).values_list("pk", "standing__written_off"))
    wrong = [
        pk
        for pk in {*opening, *closing, *moved, *(kept if with_standing else ())}
        if opening.get(pk, ZERO) + change(moved.get(pk, NO_MOVES)) != closing.get(pk, ZERO)
        or (with_standing and kept.get(pk, ZERO) != closing.get(pk, ZERO))
    ]
    return list(seen.filter(pk__in=wrong))


class RollForm(forms.Form):
    first_day = DayField(label=gettext_lazy("From"), not_after_today=True)
    last_day = DayField(label=gettext_lazy("To"), not_after_today=True)
    known_at = MomentField(label=gettext_lazy("As known on (UTC)"), required=False)


class WriteOffRollPage(PageView):
    permission = "accounts.view_account"
    title = gettext_lazy("Write-offs")
    lead = gettext_lazy("What was given up, what came in all the same, and what is left of it.")
    menu = "write_offs"
    template_name = "accounts/write_offs.html"
    offers_known_at = True

    def get_head_actions(self):
        return [
            Action(
                _("Accounts written off"),
                f"{reverse('accounts:account_list')}?written_off=true",
                icon="users",
            ),
            Action(_("All movements"), reverse("accounts:write_off_list"), icon="list-check"),
        ]

    def get_context_data(self, **kwargs):
        given = self.request.GET if "first_day" in self.request.GET else None
        initial = {"first_day": self.today.replace(day=1, month=1), "last_day": self.today}
        form = adapt(RollForm(given, initial=initial))
        days = form.cleaned_data if given is not None and form.is_valid() else initial
        waiting = Approval.objects.filter(
            kind__in=[kind_of("write_off"), KIND], status=ApprovalStatus.WAITING
        ).select_related("requested_by")
        seen = set(
            Account.objects.visible_to(self.request.user)
            .filter(pk__in=[row.subject_id for row in waiting if row.kind != KIND])
            .values_list("pk", flat=True)
        )
        return super().get_context_data(
            form=form,
            rolls=roll(self.request.user, days["first_day"], days["last_day"], self.known_at),
            waiting=[row for row in waiting if self._sees(row, seen)],
            **kwargs,
        )

    def _sees(self, approval: Approval, seen_accounts: set[int]) -> bool:
        """A request about an account he sees, or about a set of his team's accounts."""
        if approval.kind != KIND:
            return approval.subject_id in seen_accounts
        user = self.request.user
        return user.role in SEES_EVERY_ACCOUNT or approval.team_id in present_team_ids(user)


class MoveFilterSet(OfAccountFilterSet):
    what = django_filters.ChoiceFilter(
        label=gettext_lazy("What"),
        choices=[(key, label) for key, (label, _q) in MOVES.items()],
        method="by_move",
    )
    day = django_filters.DateFromToRangeFilter(label=gettext_lazy("Value date"), field_name="value_date")
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Team"), field_name="account__team", queryset=team_choices
    )
    currency = django_filters.CharFilter(label=gettext_lazy("Currency"), lookup_expr="iexact")

    class Meta:
        model = LedgerEntry
        fields: list[str] = []

    def by_move(self, queryset, name, value):
        return queryset.filter(MOVES[value][1])


class MoveTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:entry_detail")
    what = RowColumn(lambda row, context: str(move_of(row)), verbose_name=gettext_lazy("What"), width=116)
    value_date = DateColumn(verbose_name=gettext_lazy("Value date"), order_by=("value_date", "id"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    left = MoneyColumn(
        accessor="account.standing.written_off", verbose_name=gettext_lazy("Still written off"), width=124
    )
    who = TextColumn(accessor="actor.full_name", verbose_name=gettext_lazy("Who"), width=124, muted=True)
    reason = TextColumn(verbose_name=gettext_lazy("Reason"), muted=True)
    creditor = TextColumn(
        accessor="account.creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True
    )

    class Meta:
        order_by = "-value_date"


class WriteOffListPage(AnyDayList, ListPage):
    permission = "accounts.view_account"
    title = gettext_lazy("Movements of write-offs")
    lead = gettext_lazy("Each write-off, recovery, reinstatement and reversal.")
    menu = "write_offs"
    filterset_class = MoveFilterSet
    table_class = MoveTable
    list_name = "write_offs"
    day_field = "value_date"
    columns_now = ("left",)
    url_name = "accounts:write_off_list"
    count_label = ngettext_lazy("%(n)s movement", "%(n)s movements", "n")
    empty_text = gettext_lazy("Nothing was written off.")
    default_views = tuple((label, f"what={key}") for key, (label, _q) in MOVES.items())

    def get_crumbs(self):
        return [Crumb(_("Write-offs"), reverse("accounts:write_offs"))]

    def get_queryset(self):
        rows = LedgerEntry.objects.filter(
            ANY_MOVE, account__in=Account.objects.visible_to(self.request.user)
        ).select_related("account__debtor", "account__creditor", "account__standing", "actor", "reverses")
        return self.as_then(rows)


class ReinstateForm(MoneyForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class ReinstatePage(MoneyVerb):
    permission = WRITE_OFF
    title = gettext_lazy("Reinstate")
    form_class = ReinstateForm
    button = gettext_lazy("Reinstate")
    wide_fields = ("reason",)

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        return {"amount": standing.written_off if standing and standing.written_off else None}

    def facts(self):
        standing = getattr(self.object, "standing", None)
        left = standing.written_off if standing else ZERO
        return [Fact(_("Written off"), ui.money_with_code(left, self.object.currency)), *super().facts()]

    def consequence(self):
        return _("It is due today and asked for again, like any other item.")

    def perform(self, form):
        return reinstate(account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("Reinstated.")


class WriteOffManyForm(forms.Form):
    at_most = MoneyFormField(
        label=gettext_lazy("Balances of at most"),
        min_value=Decimal("0.001"),
        help_text=gettext_lazy(
            "In each account's own currency. Larger ones and credits are left as they are."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class WriteOffManyPage(BulkActionPage):
    """Small balances: one proposal for the ticked accounts, decided by a second person."""

    list_page = AccountListPage
    permission = WRITE_OFF
    title = gettext_lazy("Write off small balances")
    menu = "accounts"
    form_class = WriteOffManyForm
    button = gettext_lazy("Ask for approval")
    two_columns = True
    wide_fields = ("reason",)

    def consequence(self):
        return _("Nothing is posted until somebody else says yes; a balance that changes meanwhile stays.")

    def perform(self, form):
        return propose_write_offs(
            account_ids=list(self.selected().values_list("pk", flat=True)),
            actor=self.request.user,
            as_of=self.today,
            **form.cleaned_data,
        )

    def get_success_url(self, result):
        return reverse("accounts:approval_detail", args=[result.pk])

    def form_valid(self, form, result, url):
        messages.success(self.request, _("Approval is asked for: %(what)s") % {"what": result.summary})
        return self.go(url)


navigation.register(
    "write_offs",
    gettext_lazy("Write-offs"),
    "accounts:write_offs",
    icon="archive",
    permission="accounts.view_account",
    order=76,
    group="money",
)

urlpatterns = [
    path("write-offs/", WriteOffRollPage.as_view(), name="write_offs"),
    path("write-offs/movements/", WriteOffListPage.as_view(), name="write_off_list"),
    path("accounts/write-off-small/", WriteOffManyPage.as_view(), name="write_off_many"),
    path("accounts/<int:pk>/reinstate/", ReinstatePage.as_view(), name="reinstate"),
]
