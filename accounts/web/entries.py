"""Where a line of a balance comes from (D49): its source, what paid it, what took it back."""

from decimal import Decimal
from urllib.parse import urlencode

from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.cashdesk.corrections import receipt_behind
from accounts.cashdesk.rules import VIEW_RECEIPT
from accounts.interest.charge_sheet import ChargeSheet, charge_sheet
from accounts.interest.enums import ChargeKind
from accounts.interest.models import InterestPosting
from accounts.interest.rules import VIEW_INTEREST, WAIVE_INTEREST
from accounts.interest.sheet import item_text
from accounts.ledger.authority import BOUNDED
from accounts.ledger.enums import Direction, EntryKind, EntrySource
from accounts.ledger.models import ApprovedEntry, LatePosting, LedgerEntry, NamedAllocation
from accounts.ledger.queries import open_items
from accounts.ledger.taxes import parts_of
from accounts.returns.enums import COMES_BACK
from accounts.returns.models import PaymentReturn
from accounts.returns.queries import return_of
from accounts.returns.rules import RECORD_RETURN
from accounts.web.interest.account import posting_behind, windows_drawn, windows_of
from accounts.web.interest.charge import charge_sections, sheet_action
from accounts.web.interest.runs import month_text
from accounts.web.payments import entry_of
from accounts.web.splits import share_action, share_section
from accounts.web.splits_anew import split_section
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.moments import moment_text
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.views import PageView


def approval_facts(entry: LedgerEntry) -> list[Fact]:
    """Who asked for an entry above his authority, and the request that a second person approved."""
    by_hand = entry.kind in BOUNDED or entry.kind == EntryKind.REVERSAL
    if not by_hand or entry.source != EntrySource.MANUAL:
        return []
    approved = ApprovedEntry.objects.filter(entry=entry).select_related("approval__requested_by").first()
    if approved is None:
        return []
    return [
        Fact(
            _("Asked for by"),
            approved.approval.requested_by,
            url=reverse("accounts:approval_detail", args=[approved.approval_id]),
            note=_("posted by who approved it"),
        )
    ]


def late_facts(entry: LedgerEntry) -> list[Fact]:
    """That the entry was dated into a month that was signed already, and why."""
    late = LatePosting.objects.filter(entry=entry).first()
    if late is None:
        return []
    return [
        Fact(_("Closed month"), f"{late.month:%Y-%m}", note=late.reason or _("posted after it was signed"))
    ]


class EntryPage(PageView):
    """One entry explained; as a fragment it opens below its line on the account page."""

    permission = "accounts.view_account"
    template_name = "accounts/entry.html"
    menu = "accounts"
    offers_as_of = True
    offers_known_at = True

    def get(self, request, *args, **kwargs):
        self.entry = entry_of(request.user, kwargs["pk"])
        return self.render_to_response(self.get_context_data())

    def fragment_name(self):
        htmx = getattr(self.request, "htmx", None)
        return "explained" if htmx and not htmx.boosted else None

    def get_title(self):
        return self.entry.description or self.entry.get_kind_display()

    def get_crumbs(self):
        account = self.entry.account
        return [
            Crumb(
                f"{account.debtor.name} {account.number}",
                reverse("accounts:account_detail", args=[account.pk]),
            )
        ]

    def get_head_actions(self):
        if self.entry.kind == EntryKind.INTEREST and self.charged is not None:
            return [self.sheet_action(self.charged), *self.verbs()]
        if self.reckoned is not None:
            return [sheet_action(self.entry), *self.verbs()]
        if self.entry.kind != EntryKind.PAYMENT:
            return self.verbs()
        return [self.receipt_action(), *self.verbs()]

    def sheet_action(self, charged: InterestPosting) -> Action:
        """The windows of a posted amount on paper: through its run's last day, as known to the run."""
        asked = {"as_of": f"{charged.run.last_day:%Y-%m-%d}"}
        if charged.run.known_at is not None:
            asked["known_at"] = moment_text(charged.run.known_at)
        address = reverse("accounts:account_interest_sheet", args=[charged.account_id])
        return Action(
            _("Sheet as PDF"), f"{address}?{urlencode(asked)}", icon="download", permission=VIEW_INTEREST
        )

    def receipt_action(self) -> Action:
        """The numbered receipt of cash, whose prints are counted; else the paper made from the ledger."""
        numbered = receipt_behind(self.entry)
        if numbered is not None:
            return Action(
                _("Receipt %(code)s") % {"code": numbered.code},
                reverse("accounts:cash_receipt_detail", args=[numbered.pk]),
                icon="receipt",
                permission=VIEW_RECEIPT,
            )
        return Action(
            _("Receipt"),
            reverse("campaigns:payment_receipt", args=[self.entry.pk]),
            icon="receipt",
            permission="campaigns.view_statement",
        )

    def verbs(self) -> list[Action]:
        """What may still be done about the entry: nothing once it was taken back."""
        if self.reversal is not None and self.returned is None and self.entry.kind == EntryKind.PAYMENT:
            return [
                Action(
                    _("Say why it came back"),
                    reverse("accounts:return_explain", args=[self.entry.pk]),
                    icon="receipt-refund",
                    permission=RECORD_RETURN,
                )
            ]
        if self.reversal is not None or self.entry.kind == EntryKind.REVERSAL:
            return []
        anew = share_action(self.entry)
        if self.entry.kind != EntryKind.PAYMENT:
            if self.charged is not None:
                return [
                    Action(
                        _("Waive"),
                        reverse("accounts:interest_posting_waive", args=[self.charged.pk]),
                        icon="circle-x",
                        permission=WAIVE_INTEREST,
                    )
                ]
            return [
                *([anew] if anew else []),
                Action(
                    _("Reverse entry"),
                    reverse("accounts:entry_reverse", args=[self.entry.pk]),
                    icon="arrow-back-up",
                    permission="accounts.reverse_entry",
                ),
            ]
        actions = [
            *([anew] if anew else []),
            Action(
                _("Posted by mistake"),
                reverse("accounts:entry_reverse", args=[self.entry.pk]),
                icon="arrow-back-up",
                permission="accounts.reverse_payment",
            ),
        ]
        if self.entry.method in COMES_BACK:
            actions.append(
                Action(
                    _("It came back"),
                    reverse("accounts:return_new", args=[self.entry.pk]),
                    icon="receipt-refund",
                    permission=RECORD_RETURN,
                    primary=True,
                )
            )
        return actions

    @cached_property
    def reversal(self) -> LedgerEntry | None:
        return LedgerEntry.objects.filter(reverses=self.entry).first()

    @cached_property
    def returned(self) -> PaymentReturn | None:
        """How a receipt came back; asked only of what was reversed."""
        return return_of(self.entry) if self.reversal is not None else None

    @cached_property
    def charged(self) -> InterestPosting | None:
        """What a run charged with this entry; asked only of what a rule posted."""
        if self.entry.source != EntrySource.RULE or self.entry.kind not in {
            EntryKind.INTEREST,
            EntryKind.FEE,
            EntryKind.PENALTY,
        }:
            return None
        return posting_behind(self.entry.pk)

    @cached_property
    def reckoned(self) -> ChargeSheet | None:
        """How a rule reckoned a fee or penalty, for whoever may see what accrues."""
        is_charge = self.entry.kind in {EntryKind.FEE, EntryKind.PENALTY}
        if (
            not is_charge
            or self.entry.source != EntrySource.RULE
            or not has_permission(self.request.user, VIEW_INTEREST)
        ):
            return None
        return charge_sheet(self.entry)

    def charge_sections(self) -> list[Section]:
        """The rule and its steps; in the small view below a line the page is one click away."""
        if self.fragment_name() or self.reckoned is None:
            return []
        return charge_sections(self.reckoned, request=self.request, as_of=self.as_of)

    def charged_facts(self) -> list[Fact]:
        """For what a run charged: the month and its windows, or the item and how late it was."""
        charged = self.charged
        facts = []
        if self.fragment_name() and self.reckoned is not None:
            address = reverse("accounts:entry_detail", args=[self.entry.pk])
            facts.append(Fact(_("Reckoned"), _("rule, base and steps"), url=address))
        if charged is None:
            return facts
        if charged.kind == ChargeKind.INTEREST:
            facts.append(
                Fact(
                    _("Interest of"),
                    month_text(charged.period),
                    url=reverse("accounts:entry_detail", args=[self.entry.pk]),
                    note=_("window by window"),
                )
            )
        elif charged.item is not None:
            late = _("%(n)s days past due on %(day)s") % {
                "n": charged.step,
                "day": day_text(charged.day, self.as_of),
            }
            facts.append(
                Fact(
                    _("Charged on"),
                    item_text(charged.item),
                    url=reverse("accounts:entry_detail", args=[charged.item_id]),
                    note=late,
                )
            )
            if charged.percent is not None and charged.base is not None:
                facts.append(
                    Fact(
                        _("Percent of what was open"),
                        f"{charged.percent.normalize():f} %",
                        note=ui.money_with_code(charged.base, charged.currency),
                    )
                )
        if charged.waived_by:
            facts.append(Fact(_("Waived by"), charged.waived_by, note=charged.waived_reason))
        return facts

    def windows_table(self):
        """The windows an interest entry was posted with; nothing in the small view below its line."""
        charged = self.charged
        if charged is None or charged.kind != ChargeKind.INTEREST or self.fragment_name():
            return None
        return windows_drawn(windows_of(charged), charged.currency, request=self.request)

    def facts(self) -> list[Fact]:
        entry = self.entry
        facts = [
            Fact(_("Kind"), entry.get_kind_display()),
            Fact(_("Amount"), ui.money_with_code(entry.amount, entry.currency)),
            Fact(_("Value date"), ui.day(entry.value_date)),
        ]
        if entry.due_date:
            note = _("by the portfolio's terms, none was given") if entry.is_due_date_assumed else ""
            facts.append(Fact(_("Due"), ui.day(entry.due_date), note=note))
        if entry.tax_amount or entry.tax_code:
            parts = parts_of(entry)
            facts += [
                Fact(_("Net"), ui.money_with_code(parts.net, entry.currency)),
                Fact(_("Tax in it"), ui.money_with_code(parts.tax, entry.currency), note=parts.code),
            ]
        if entry.reference:
            facts.append(Fact(_("Document"), entry.reference))
        if entry.method:
            facts.append(Fact(_("Paid by"), entry.get_method_display(), note=entry.get_receiver_display()))
        if entry.import_batch_id:
            facts.append(Fact(_("From"), _("import %(number)s") % {"number": entry.import_batch_id}))
        else:
            facts.append(Fact(_("From"), entry.get_source_display()))
        facts.append(Fact(_("Known since"), ui.moment(entry.recorded_at), note=str(entry.actor)))
        facts += approval_facts(entry)
        facts += late_facts(entry)
        if entry.reason:
            facts.append(Fact(_("Reason"), entry.reason))
        if entry.reverses_id:
            original = entry.reverses
            facts.append(
                Fact(
                    _("Takes back"),
                    original.description or original.get_kind_display(),
                    url=reverse("accounts:entry_detail", args=[original.pk]),
                )
            )
        if self.returned is not None:
            facts.append(
                Fact(
                    _("Came back"),
                    ui.day(self.returned.return_date),
                    url=reverse("accounts:return_detail", args=[self.returned.pk]),
                    note=str(self.returned.reason),
                )
            )
        elif self.reversal is not None:
            facts.append(
                Fact(
                    _("Taken back"),
                    ui.day(self.reversal.value_date),
                    url=reverse("accounts:entry_detail", args=[self.reversal.pk]),
                    note=self.reversal.reason,
                )
            )
        return facts + self.charged_facts() + self.paid_facts()

    def paid_facts(self) -> list[Fact]:
        """What is still open of a debit, and why so much of it counts as paid."""
        entry = self.entry
        if (
            entry.direction != Direction.DEBIT
            or entry.kind == EntryKind.REVERSAL
            or self.reversal is not None
        ):
            return []
        items = open_items([entry.account_id], as_of=self.as_of, known_at=self.known_at, include_paid=True)[
            entry.account_id
        ]
        item = next((item for item in items if item.entry_id == entry.pk), None)
        if item is None:
            return []
        named = sum(
            (
                row.amount
                for row in NamedAllocation.objects.filter(
                    debit=entry, undoes__isnull=True, undone_by__isnull=True
                )
            ),
            Decimal(0),
        )
        facts = [
            Fact(
                _("Paid"),
                ui.money_with_code(item.paid, entry.currency),
                note=_("named by the payer") if named else _("money goes to the oldest due item first"),
            ),
            Fact(_("Open"), ui.money_with_code(item.open, entry.currency)),
        ]
        if item.contested:
            facts.append(Fact(_("In dispute"), ui.money_with_code(item.contested, entry.currency)))
        return facts

    def get_context_data(self, **kwargs):
        # from the day it was taken back it pays nothing and is paid by nothing any more
        gone = (
            self.reversal is not None
            and self.reversal.value_date <= self.as_of
            and self.reversal.recorded_at <= self.known_until
        )
        asks = not (self.fragment_name() or gone)
        shares = share_section(self.entry, self.as_of, self.known_at) if asks else None
        split = split_section(self.entry, self.request.user) if asks and not self.is_past else None
        return super().get_context_data(
            entry=self.entry,
            facts=self.facts(),
            windows=self.windows_table(),
            shares=shares,
            split=split,
            charge=self.charge_sections(),
            **kwargs,
        )


urlpatterns = [path("entries/<int:pk>/", EntryPage.as_view(), name="entry_detail")]
