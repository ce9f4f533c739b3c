"""What accrued on an account to any day: months, windows, and the sheet on paper."""

from decimal import Decimal

from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.interest.enums import ChargeKind
from accounts.interest.models import InterestPosting
from accounts.interest.queries import Accrued, accrued, posted_interest, postings_of, terms_of
from accounts.interest.rules import VIEW_INTEREST
from accounts.interest.sheet import (
    exact_text,
    in_words,
    item_text,
    items_of,
    percent_text,
    sheet_pdf,
    why_frozen,
)
from accounts.interest.windows import Window
from accounts.ledger.models import Account
from accounts.ledger.queries import account_of_page
from accounts.web.interest.runs import month_text
from collections_app.core import audit, panels
from collections_app.core.templatetags import ui
from collections_app.core.web.columns import NumberColumn
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import PageView


class FiguresColumn(TextColumn):
    """Figures that are written already, set to the end of the cell."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, bdi=True, **kwargs)
        self.css = "num"


class WindowTable(Table):
    item = TextColumn(verbose_name=gettext_lazy("Item"), bdi=True)
    first = DateColumn(verbose_name=gettext_lazy("From"), width=104)
    last = DateColumn(verbose_name=gettext_lazy("To"), width=104)
    days = NumberColumn(verbose_name=gettext_lazy("Days"), width=52)
    base = MoneyColumn(verbose_name=gettext_lazy("Base"), width=108)
    rate = FiguresColumn(verbose_name=gettext_lazy("Rate"), width=76)
    year = FiguresColumn(verbose_name=gettext_lazy("Year"), width=54, muted=True)
    interest = FiguresColumn(verbose_name=gettext_lazy("Interest"), width=124)


class StoppedWindowTable(WindowTable):
    """With the column that only some accounts need."""

    frozen = TextColumn(verbose_name=gettext_lazy("Stopped because of"), width=140)


def windows_drawn(windows: list[Window], currency: str, *, request, empty_text=""):
    """The table of some windows; it says why days are without interest where some are."""
    kind = StoppedWindowTable if any(window.frozen for window in windows) else WindowTable
    return kind.draw(
        window_rows(windows, currency),
        request=request,
        caption=_("Calculation windows"),
        empty_text=empty_text,
    )


def window_rows(windows: list[Window], currency: str) -> list[dict]:
    """Windows as rows of a table; their items are read together."""
    items = items_of(windows)
    return [
        {
            "id": 0,
            "item": item_text(items[window.key]),
            "first": window.first,
            "last": window.last,
            "days": window.days,
            "base": window.base,
            "currency": currency,
            "rate": percent_text(window.rate),
            "year": str(window.year_days),
            "interest": exact_text(window.interest),
            "frozen": why_frozen(window.frozen),
        }
        for window in windows
    ]


def windows_of(posting: InterestPosting) -> list[Window]:
    """The windows an amount was posted with."""
    columns = ("first", "last", "days", "base", "rate", "year_days", "interest", "frozen", "item_id")
    rows = posting.windows.order_by("last", "first", "item_id").values_list(*columns)
    return [Window(*row) for row in rows]


class MonthTable(Table):
    month = TextColumn(verbose_name=gettext_lazy("Month"), phone=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Interest"), total=True, phone=True)
    posted = LinkColumn(
        "accounts:entry_detail", text="posted", arg="entry", verbose_name=gettext_lazy("Posted"), width=172
    )


class OfAccount(PageView):
    """What the pages of an account's interest share: the account in view, the day, the reckoning."""

    permission = VIEW_INTEREST
    menu = "accounts"
    offers_as_of = True
    offers_known_at = True

    @cached_property
    def account(self) -> Account:
        found = (
            Account.objects.visible_to(self.request.user)
            .select_related("debtor", "creditor")
            .filter(**self.kwargs)
            .first()
        )
        if found is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        return found

    @cached_property
    def found(self) -> Accrued:
        found = accrued([self.account.pk], as_of=self.as_of, known_at=self.known_at)
        return found.get(self.account.pk) or Accrued([], {})

    @cached_property
    def posted(self) -> Decimal:
        found = posted_interest([self.account.pk], as_of=self.as_of, known_at=self.known_at)
        return found.get(self.account.pk, Decimal(0))


class AccountInterestPage(OfAccount):
    template_name = "generic/detail.html"

    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def get_title(self):
        return _("Interest to %(day)s") % {"day": day_text(self.as_of)}

    def get_lead(self):
        return f"{self.account.debtor.name}, {self.account.number}"

    def get_crumbs(self):
        account = self.account
        address = reverse("accounts:account_detail", args=[account.pk])
        return [
            Crumb(_("Accounts"), reverse("accounts:account_list")),
            Crumb(f"{account.debtor.name} {account.number}", address),
        ]

    def get_head_actions(self):
        address = reverse("accounts:account_interest_sheet", args=[self.account.pk])
        query = self.day_query or f"as_of={self.as_of:%Y-%m-%d}"
        return [Action(_("Sheet as PDF"), f"{address}?{query}", icon="download")]

    def months(self) -> list[dict]:
        posted = {
            posting.period: posting
            for posting in postings_of(self.account.pk, kind=ChargeKind.INTEREST)
            if posting.entry.value_date <= self.as_of and posting.entry.recorded_at <= self.known_until
        }
        rows = []
        for month in sorted({*self.found.months, *posted}):
            posting = posted.get(month)
            words = ""
            if posting is not None:
                posted_amount = amount_text(posting.amount, posting.currency)
                words = _("waived") if posting.waived_by_id else posted_amount
            rows.append(
                {
                    "id": 0,
                    "month": month_text(month),
                    "amount": self.found.months.get(month, Decimal(0)),
                    "currency": self.account.currency,
                    "posted": words,
                    "entry": posting.entry_id if posting else None,
                }
            )
        return rows

    def fee_facts(self) -> list[Fact]:
        fees = [one for one in postings_of(self.account.pk) if one.kind != ChargeKind.INTEREST]
        return [
            Fact(
                one.get_kind_display(),
                ui.money_with_code(one.amount, one.currency),
                url=reverse("accounts:entry_detail", args=[one.entry_id]),
                note=_("waived") if one.waived_by_id else item_text(one.item),
            )
            for one in fees
        ]

    def terms_facts(self, terms) -> list[Fact]:
        if not terms:
            return [Fact(_("Terms"), _("No interest is charged for this creditor."))]
        rates = [
            Fact(_("Rate from %(day)s") % {"day": day_text(rate.valid_from)}, percent_text(rate.percent))
            for rate in terms[-1].rates
        ]
        words = [Fact(_("Counted"), " ".join(in_words(segment))) for segment in terms[-1:]]
        return [*rates, *words]

    def get_context_data(self, **kwargs):
        account, code = self.account, self.account.currency
        terms = terms_of([account.pk], as_of=self.as_of)
        figures = [
            Figure(_("Interest to date"), ui.figure(self.found.amount, code), size="xl", currency=code),
            Figure(_("Posted"), ui.money(self.posted, code)),
            Figure(_("Not yet posted"), ui.money(self.found.amount - self.posted, code), size="ask"),
        ]
        sections = [
            Section(
                _("By month"),
                table=MonthTable.draw(
                    self.months(),
                    request=self.request,
                    caption=_("By month"),
                    empty_text=_("No month yet."),
                ),
            ),
            Section(
                _("Calculation windows"),
                table=windows_drawn(
                    self.found.windows,
                    code,
                    request=self.request,
                    empty_text=_("No interest runs on this account to that day."),
                ),
                note=_("interest = base × rate × days ÷ (100 × year), cut off after eight decimals"),
            ),
        ]
        fees = self.fee_facts()
        side = [Section(_("Terms"), facts=self.terms_facts(terms))]
        if fees:
            side.append(Section(_("Fees and penalties"), facts=fees))
        return super().get_context_data(
            object=None,
            figures=figures,
            sections=sections,
            side=side,
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


class InterestSheetPage(OfAccount):
    """The sheet as a file; that it was taken is recorded."""

    def get(self, request, *args, **kwargs):
        account = self.account
        content = sheet_pdf(
            account=account,
            found=self.found,
            terms=terms_of([account.pk], as_of=self.as_of),
            as_of=self.as_of,
            posted=self.posted,
            known_at=self.known_at,
            language=get_language() or "en",
        )
        asked = {"as_of": self.as_of.isoformat(), "known_at": self.known_at_text}
        audit.record_access("interest_sheet", account, user=request.user, detail=asked)
        name = f"interest-{slugify(account.number)}-{self.as_of:%Y-%m-%d}"
        return pdf_response(content, name, inline=False)


def posting_behind(entry_id: int) -> InterestPosting | None:
    """What a run charged with this entry; None for entries of other sources."""
    return (
        InterestPosting.objects.filter(entry_id=entry_id).select_related("item", "run", "waived_by").first()
    )


def interest_verbs(ids, user, as_of) -> list[Action]:
    """The way to what accrued, on the account's own page; asks the database nothing new."""
    account = account_of_page(ids)
    if account is None:
        return []
    return [
        Action(
            _("Interest to date"),
            reverse("accounts:account_interest", args=[account.pk]),
            icon="percentage",
            permission=VIEW_INTEREST,
        )
    ]


panels.register("account.verbs", order=55, provider=interest_verbs, name="interest.verbs")

urlpatterns = [
    path("accounts/<int:pk>/interest/", AccountInterestPage.as_view(), name="account_interest"),
    path("accounts/<int:pk>/interest/sheet/", InterestSheetPage.as_view(), name="account_interest_sheet"),
]
