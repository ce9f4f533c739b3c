"""Lines of bank statements: the queue, and one line beside the accounts it may mean."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.bank.came_back import recorded_returns
from accounts.bank.enums import LINE, OPEN, LineStatus, Rule
from accounts.bank.filtersets import LineFilterSet
from accounts.bank.matching import candidates_of, unseen_near
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.queries import open_count
from accounts.bank.rules import LOAD_BANK_FILE, MATCH_BANK_LINE, VIEW_BANK_FILE, VIEW_BANK_LINE
from accounts.bank.tying import deposits_behind
from accounts.deposits.models import Deposit
from accounts.ledger.models import Account
from accounts.web.bank.cheque_verbs import cheque_rows
from accounts.web.bank.verbs import may_be_taken_back
from accounts.web.steps import steps_section
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, BulkAction, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage


class LineTable(Table):
    row_label = "counterparty_name"

    payer = LinkColumn(
        "accounts:bank_line_detail",
        text=lambda row: row.counterparty_name or row.reference or _("no name"),
        note=lambda row: row.words[:90],
        verbose_name=gettext_lazy("Payer or payee"),
        order_by=("counterparty_name",),
    )
    booking_date = DateColumn(verbose_name=gettext_lazy("Booked"), age=True, order_by=("booking_date",))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    status = StatusColumn(LineStatus, verbose_name=gettext_lazy("Status"), phone=True)
    rule = TextColumn(
        accessor="get_rule_display", verbose_name=gettext_lazy("Matched by"), width=188, muted=True
    )
    owner = TextColumn(
        accessor="owner.full_name", verbose_name=gettext_lazy("Given to"), width=116, muted=True
    )
    bank_account = TextColumn(
        accessor="bank_account.name", verbose_name=gettext_lazy("Bank account"), width=124, muted=True
    )
    value_date = DateColumn(verbose_name=gettext_lazy("Value date"), shown=False)
    reference = TextColumn(verbose_name=gettext_lazy("Reference"), width=140, bdi=True, shown=False)

    class Meta:
        order_by = "booking_date"


class LineListPage(AnyDayList, ListPage):
    permission = VIEW_BANK_LINE
    title = gettext_lazy("Bank statements")
    lead = gettext_lazy("Every line, and what it was for.")
    menu = "bank"
    queryset = BankLine.objects.select_related("bank_account", "owner")
    filterset_class = LineFilterSet
    table_class = LineTable
    list_name = "bank_lines"
    day_field = "booking_date"
    lifecycle = LINE
    only_now = ("mine",)
    url_name = "accounts:bank_line_list"
    count_label = ngettext_lazy("%(n)s line", "%(n)s lines", "n")
    empty_text = gettext_lazy("No line yet. Bring in a file from your bank.")
    default_views = (
        (gettext_lazy("To decide"), "status=unmatched&status=unidentified"),
        (gettext_lazy("Unidentified"), "status=unidentified"),
        (gettext_lazy("To be refunded"), "status=to_refund"),
        (gettext_lazy("Posted"), "status=posted"),
    )

    bulk_actions = (
        BulkAction(gettext_lazy("Not a debtor's money"), "accounts:bank_lines_not_ours", MATCH_BANK_LINE),
        BulkAction(gettext_lazy("Give to somebody"), "accounts:bank_lines_given", MATCH_BANK_LINE),
    )

    def get_head_actions(self):
        return [
            Action(
                _("Match again"),
                reverse("accounts:bank_line_match"),
                icon="refresh",
                permission=MATCH_BANK_LINE,
                post=True,
            ),
            Action(_("Reconciliation"), reverse("accounts:bank_reconciliation"), icon="calculator"),
            Action(_("Statements"), reverse("accounts:bank_statement_list"), icon="list-details"),
            Action(
                _("Files"),
                reverse("accounts:bank_file_list"),
                icon="file-import",
                permission=VIEW_BANK_FILE,
            ),
            Action(
                _("Bring in a file"),
                reverse("accounts:bank_file_new"),
                icon="upload",
                primary=True,
                permission=LOAD_BANK_FILE,
            ),
        ]


def ending(number: str) -> str:
    """A payer's account number as a list may show it."""
    return f"…{number[-4:]}" if number else "–"


class LineDetailPage(DetailPage):
    """One line at the left, the accounts it may mean at the right, each with what speaks for it."""

    permission = VIEW_BANK_LINE
    menu = "bank"
    queryset = BankLine.objects.select_related(
        "bank_account__creditor", "statement", "owner", "cheque_return__cheque"
    )
    template_name = "accounts/bank_line.html"
    status_field = "status"
    list_url_name = "accounts:bank_line_list"
    list_title = gettext_lazy("Bank statements")

    def get_title(self):
        line = self.object
        words = (
            _("%(currency)s %(amount)s from %(name)s")
            if line.amount > 0
            else _("%(currency)s %(amount)s to %(name)s")
        )
        return words % {
            "currency": line.currency,
            "amount": amount_text(abs(line.amount), line.currency),
            "name": line.counterparty_name or _("somebody unnamed"),
        }

    def get_lead(self):
        line = self.object
        return f"{line.bank_account.name}, {day_text(line.booking_date, self.today)}"

    def _verb(self, label, name, icon, **more) -> Action:
        return Action(
            label,
            reverse(f"accounts:bank_line_{name}", args=[self.object.pk]),
            icon=icon,
            permission=MATCH_BANK_LINE,
            **more,
        )

    def get_head_actions(self):
        line = self.object
        verbs = []
        if line.status in OPEN:
            if line.amount > 0:
                verbs += [
                    self._verb(
                        _("Unidentified") if line.status == LineStatus.UNMATCHED else _("Give to somebody"),
                        "unidentified",
                        "help-circle",
                        key="u",
                    ),
                    self._verb(_("Post or split"), "split", "arrows-exchange", primary=True, key="p"),
                ]
            else:
                verbs.append(
                    self._verb(_("A payment that came back"), "return", "repeat", primary=True, key="r")
                )
        elif line.status == LineStatus.TO_REFUND:
            verbs.append(self._verb(_("It has gone back"), "settle", "circle-check", primary=True, key="s"))
        if may_be_taken_back(line):
            verbs.append(self._verb(_("Take back"), "unmatch", "arrow-back-up", key="t"))
        return verbs

    def others(self) -> list[Action]:
        """What else an open line can be; beside the accounts, for the head has no room for all."""
        line = self.object
        if line.status not in OPEN:
            return []
        verbs = [self._verb(_("Not a debtor's money"), "not_ours", "circle-dot", key="x")]
        if line.amount > 0:
            verbs += [
                self._verb(_("Refund"), "refund", "receipt-refund", key="f"),
                self._verb(_("Credit of a deposit"), "deposit", "building-bank", key="d"),
                self._verb(_("A cheque was paid"), "cheque", "writing", key="h"),
            ]
        else:
            verbs.append(self._verb(_("A cheque that came back"), "cheque_return", "writing", key="h"))
        return [verb for verb in verbs if verb.shown_to(self.request.user)]

    def figures(self):
        line, code = self.object, self.object.currency
        days = (self.today - line.booking_date).days
        return [
            Figure(
                _("Money in") if line.amount > 0 else _("Money out"),
                ui.figure(abs(line.amount), code),
                size="xl",
                currency=code,
            ),
            Figure(_("Booked"), day_text(line.booking_date, self.today)),
            Figure(_("Value date"), day_text(line.value_date, self.today)),
            Figure(
                _("Waits") if line.status in OPEN else _("Matched by"),
                ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
                if line.status in OPEN
                else (line.get_rule_display() if line.rule else "–"),
            ),
            Figure(_("Given to"), line.owner.full_name if line.owner_id else "–"),
        ]

    def sections(self):
        line = self.object
        facts = [
            Fact(_("Payer") if line.amount > 0 else _("Payee"), line.counterparty_name or "–"),
            Fact(_("Their account"), ending(line.counterparty_account)),
            Fact(_("Text"), line.text or "–"),
            Fact(_("Structured reference"), line.structured_reference or "–"),
            Fact(_("End-to-end id"), line.end_to_end_id or "–"),
            Fact(_("Bank's reference"), line.bank_reference or "–"),
        ]
        if line.payment_return_id:
            facts.append(
                Fact(
                    _("Return on record"),
                    _("Open it"),
                    url=reverse("accounts:return_detail", args=[line.payment_return_id]),
                )
            )
        if line.cheque_return_id:
            cheque = line.cheque_return.cheque
            facts.append(
                Fact(_("Cheque"), str(cheque), url=reverse("accounts:cheque_detail", args=[cheque.pk]))
            )
        if line.return_code:
            facts.append(Fact(_("Return code"), line.return_code))
        if line.not_ours:
            facts.append(Fact(_("What it was"), line.get_not_ours_display()))
        if line.note:
            facts.append(Fact(_("Note"), line.note))
        facts.append(
            Fact(
                _("Statement"),
                line.statement.reference or "–",
                url=reverse("accounts:bank_statement_detail", args=[line.statement_id]),
            )
        )
        return [Section(_("What the bank says"), facts=facts), steps_section(LINE, line)]

    def postings(self) -> list[dict]:
        """What it was posted to, on accounts in view; of others only that there is one."""
        found = []
        visible = Account.objects.visible_to(self.request.user)
        postings = list(
            BankPosting.objects.filter(line=self.object)
            .select_related("entry", "account__debtor", "undone")
            .order_by("id")
        )
        seen = set(
            visible.filter(pk__in=[posting.account_id for posting in postings]).values_list("pk", flat=True)
        )
        for posting in postings:
            found.append({"posting": posting, "is_seen": posting.account_id in seen})
        return found

    def candidates(self) -> list[dict]:
        """Accounts in view that the line may mean: one row an account, all its evidence together."""
        line = self.object
        if line.status not in OPEN or line.amount <= 0:
            return []
        by_account: dict[int, list] = {}
        for candidate in candidates_of([line]).get(line.pk, []):
            by_account.setdefault(candidate.account_id, []).append(candidate)
        accounts = {
            account.pk: account
            for account in Account.objects.visible_to(self.request.user)
            .filter(pk__in=by_account)
            .select_related("debtor", "creditor", "standing", "officer")
        }
        rows = []
        for place, (account_id, found) in enumerate(
            (pair for pair in by_account.items() if pair[0] in accounts), 1
        ):
            account = accounts[account_id]
            balance = account.standing.balance
            rows.append(
                {
                    "account": account,
                    "evidence": [(Rule(one.rule).label, one.evidence) for one in found],
                    "rule": found[0].rule,
                    "balance": balance,
                    "is_exact": line.amount in (balance, account.standing.overdue),
                    "is_more": line.amount > balance,
                    "key": "abc"[place - 1] if place <= 3 else "",
                }
            )
        return rows[:12]

    def receipts(self) -> list:
        """Receipts in the ledger already that this line may be, on accounts in view."""
        line = self.object
        if line.status not in OPEN or line.amount <= 0:
            return []
        found = unseen_near([line]).filter(account__in=Account.objects.visible_to(self.request.user))
        if line.bank_account.creditor_id is not None:
            found = found.filter(account__creditor=line.bank_account.creditor_id)
        return list(found.select_related("account__debtor").order_by("-value_date", "-id")[:8])

    def returns(self) -> list:
        """Returns on record that money out may be, on accounts in view."""
        line = self.object
        if line.status not in OPEN or line.amount >= 0:
            return []
        found = recorded_returns([line]).get(line.pk, [])
        seen = set(
            Account.objects.visible_to(self.request.user)
            .filter(pk__in={one.returned.account_id for one in found})
            .values_list("pk", flat=True)
        )
        return [one for one in found if one.returned.account_id in seen][:8]

    def deposits(self) -> list:
        """Deposits that wait for a credit like this one: its amount, or its code in the text."""
        line = self.object
        if line.status not in OPEN or line.amount <= 0:
            return []
        waiting = (
            deposits_behind(line).filter(pk__in=Deposit.objects.visible_to(self.request.user).values("pk"))[:50]
        )
        words = line.words.upper()
        return [
            deposit
            for deposit in waiting
            if line.amount in (deposit.total_amount, deposit.left_amount)
            or (deposit.code and deposit.code.upper() in words)
        ][:4]

    def get_context_data(self, **kwargs):
        may = has_permission(self.request.user, MATCH_BANK_LINE)
        return super().get_context_data(
            candidates=self.candidates(),
            postings=self.postings(),
            receipts=self.receipts(),
            returns=self.returns(),
            deposits=self.deposits(),
            may_match=may,
            others=self.others(),
            cheques=cheque_rows(self.object, self.request.user) if self.object.status in OPEN else [],
            is_open=self.object.status in OPEN and self.object.amount > 0,
            **kwargs,
        )

    def get_crumbs(self):
        return [Crumb(_("Bank statements"), reverse("accounts:bank_line_list"))]


def _count(user, as_of) -> int | None:
    """Lines to decide, for those who decide them."""
    if not has_permission(user, MATCH_BANK_LINE):
        return None
    return open_count(user) or None


navigation.register(
    "bank",
    gettext_lazy("Bank statements"),
    "accounts:bank_line_list",
    icon="building-bank",
    permission=VIEW_BANK_LINE,
    order=60,
    group="money",
    count=_count,
)

urlpatterns = [
    path("bank-lines/", LineListPage.as_view(), name="bank_line_list"),
    path("bank-lines/<int:pk>/", LineDetailPage.as_view(), name="bank_line_detail"),
]
