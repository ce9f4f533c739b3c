"""How one late fee, penalty or fee for a payment that came back was reckoned, told so that somebody else
can reckon it again: the rule in force, its day and source, the base, the limit and what came out.

What is told is what the run or the return went by: versions approved since, and what was charged or taken
back since, change no line of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.cheques.models import ChequeReturn
from accounts.interest.models import InterestPosting
from accounts.interest.sheet import SHEET_STYLES, item_text, percent_text
from accounts.interest.terms import course_of, limit_in, segments, versions
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.taxes import parts_of
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import amount_in
from accounts.policies.tables import ANY_CURRENCY
from accounts.policies.versions import INSTALLED
from accounts.returns.enums import Scheme
from accounts.returns.models import PaymentReturn
from collections_app.core import pdf
from collections_app.core.money import format_amount, quantise

RETURN_FEE = "return_fee"


@dataclass(frozen=True)
class Step:
    """A line of the reckoning; `amount` in the account's currency, None where it is no amount."""

    label: str
    amount: Decimal | None
    how: str = ""


@dataclass(frozen=True)
class Occurrence:
    """What one occurrence charged: a step of lateness of the item, or a payment that came back."""

    day: date
    what: str
    base: Decimal | None
    amount: Decimal
    is_this: bool


@dataclass
class ChargeSheet:
    """`version` is the rule in force on `day`; `agrees` says whether the steps lead to the amount posted."""

    entry: LedgerEntry
    rule: str
    day: date
    version: PolicyVersion | None
    because: str
    source: str = ""
    item: LedgerEntry | None = None
    steps: list[Step] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    came_out: Decimal = Decimal(0)

    @property
    def agrees(self) -> bool:
        return self.came_out == self.entry.amount


def charge_sheet(entry: LedgerEntry) -> ChargeSheet | None:
    """The reckoning behind a fee or penalty; None where no rule reckoned it (by hand, from a file)."""
    posting = (
        InterestPosting.objects.filter(entry=entry, item__isnull=False).select_related("item", "run").first()
    )
    if posting is not None:
        return _of_lateness(entry, posting)
    returned = (
        PaymentReturn.objects.filter(fee=entry).select_related("reason").first()
        or ChequeReturn.objects.filter(fee=entry).select_related("reason", "cheque", "presentment").first()
    )
    return None if returned is None else _of_return(entry, returned)


def _known(kind: str, *, as_of: date, known_at: datetime) -> list[PolicyVersion]:
    """Versions that were approved when the charge was reckoned."""
    return [
        version
        for version in versions(kind, as_of=as_of)
        if version.approved_at is None or version.approved_at <= known_at
    ]


def _group(account: Account) -> tuple[int, int | None, str]:
    return account.creditor_id, account.portfolio_id, account.currency


def _of_lateness(entry: LedgerEntry, posting: InterestPosting) -> ChargeSheet:
    run, code = posting.run, entry.currency
    moment = run.known_at or entry.recorded_at
    known = _known(run.kind, as_of=run.last_day, known_at=moment)
    found = segments(run.kind, [_group(entry.account)], as_of=run.last_day, known=known)
    values: dict[str, Any] = {}
    version = None
    for segment in found:
        if segment.first_day <= posting.day <= segment.last_day:
            values = segment.values
            version = next(one for one in known if one.pk == segment.version_id)
    whole = format_amount(posting.item.amount, code, translation.get_language() or "en")
    steps = [Step(_("Open of it on that day"), posting.base, _("item of %(amount)s") % {"amount": whole})]
    if (least := amount_in(values.get("minimum_debt", {}), code)) > 0:
        steps.append(Step(_("Charged where at least so much is open"), least))
    amounts = values.get("steps", {}).get(posting.step, {})
    fixed = amounts.get(code, amounts.get(ANY_CURRENCY))
    if fixed is not None:
        full = quantise(fixed, code)
        steps.append(Step(_("By the rule"), full, _("a fixed amount")))
    else:
        percent = amounts.get("%", posting.percent or Decimal(0))
        full = quantise((posting.base or Decimal(0)) * percent / 100, code)
        how = _("%(percent)s of what is open, rounded to the nearest coin, half up")
        steps.append(Step(_("By the rule"), full, how % {"percent": percent_text(percent)}))
    came_out = full
    earlier = _earlier(posting, moment)
    if (cap := limit_in(values.get("cap", {}), code)) is not None:
        before = sum((one.amount for one in earlier), Decimal(0))
        came_out = max(min(full, cap - before), Decimal(0))
        steps += [
            Step(_("At most, per item"), cap),
            Step(_("Charged on it before"), before),
            Step(_("Left of the limit"), max(cap - before, Decimal(0))),
        ]
    days = _("%(n)s days past due")
    return ChargeSheet(
        entry=entry,
        rule=posting.get_kind_display(),
        day=posting.day,
        version=version,
        because=days % {"n": posting.step},
        item=posting.item,
        steps=steps,
        came_out=came_out,
        occurrences=[
            Occurrence(one.day, days % {"n": one.step}, one.base, one.amount, one.pk == posting.pk)
            for one in [*earlier, posting]
        ],
    )


def _earlier(posting: InterestPosting, moment: datetime) -> list[InterestPosting]:
    """What other steps had charged on the item when this one was reckoned."""
    run = posting.run
    rows = (
        InterestPosting.objects.filter(
            Q(day__lt=posting.day) | Q(day=posting.day, step__lt=posting.step),
            account_id=posting.account_id,
            item_id=posting.item_id,
            kind=posting.kind,
            entry__isnull=False,
            run__last_day__lte=run.last_day,
        )
        .select_related("entry__reversed_by", "replaced_by__run")
        .order_by("day", "step")
    )

    def stood(one: InterestPosting) -> bool:
        anew = getattr(one, "replaced_by", None)
        if anew is not None and anew.run.posted_at is not None and anew.run.last_day <= run.last_day:
            return False
        gone = getattr(one.entry, "reversed_by", None)
        return gone is None or gone.recorded_at > moment

    return [one for one in rows if stood(one)]


def _of_return(entry: LedgerEntry, returned: PaymentReturn | ChequeReturn) -> ChargeSheet:
    account, reason = entry.account, returned.reason
    # what holds is the rule of the day it came back, by the scheme's own line
    known = _known(RETURN_FEE, as_of=returned.return_date, known_at=entry.recorded_at)
    in_force = course_of(known, _group(account), returned.return_date)
    version = in_force[-1][1] if in_force else None
    kind = KINDS[RETURN_FEE]
    values = kind.python(version.values if version else kind.defaults())
    scheme = Scheme.CHEQUE if isinstance(returned, ChequeReturn) else reason.scheme
    full = quantise(amount_in(values[scheme], entry.currency), entry.currency)
    each_time = _("a fixed amount each time, %(scheme)s")
    return ChargeSheet(
        entry=entry,
        rule=str(kind.label),
        day=returned.return_date,
        version=version,
        because=_("%(code)s %(label)s") % {"code": reason.code, "label": reason},
        source=reason.source or reason.source_in_words(),
        steps=[
            Step(_("What came back"), returned.amount, _("the fee does not depend on it")),
            Step(_("By the rule"), full, each_time % {"scheme": Scheme(scheme).label}),
        ],
        came_out=full,
        occurrences=[
            Occurrence(returned.return_date, _presented(returned), returned.amount, entry.amount, True)
        ],
    )


def _presented(returned: PaymentReturn | ChequeReturn) -> str:
    if isinstance(returned, ChequeReturn):
        return _("cheque %(number)s") % {"number": returned.cheque.number}
    return _("time %(n)s") % {"n": returned.attempt}


def charge_sheet_pdf(sheet: ChargeSheet, *, scope: str, language: str) -> bytes:
    """The sheet on paper; `scope` says for whom the rule is. The same facts give the same bytes.

    `sheet.entry` comes with account, debtor and creditor.
    """
    entry = sheet.entry
    code = entry.currency

    def day(value: date) -> str:
        return format_date(value, "d MMM y", locale=language.replace("-", "_"))

    def amount(value: Decimal | None) -> str:
        return "" if value is None else format_amount(value, code, language)

    parts = parts_of(entry)
    with translation.override(language):
        context = {
            "account": entry.account,
            "sheet": sheet,
            "what": entry.description or entry.get_kind_display(),
            "day": day(sheet.day),
            "value_date": day(entry.value_date),
            "scope": scope,
            "since": day(sheet.version.valid_from) if sheet.version else "",
            "approved": rule_source(sheet.version, day),
            "item": (item_text(sheet.item), day(sheet.item.due_date)) if sheet.item else None,
            "steps": [(step.label, step.how, amount(step.amount)) for step in sheet.steps],
            "occurrences": [
                (day(one.day), one.what, amount(one.base), amount(one.amount), one.is_this)
                for one in sheet.occurrences
            ],
            "came_out": format_amount(sheet.came_out, code, language, with_currency=True),
            "posted": format_amount(entry.amount, code, language, with_currency=True),
            "tax": amount(parts.tax) if parts.tax else "",
            "tax_code": parts.code,
        }
        return pdf.render("pdf/charge_sheet.html", context, language=language, stylesheets=SHEET_STYLES)


def rule_source(version: PolicyVersion | None, day: Callable[[date], str]) -> str:
    """Who let the rule hold, when and why; `day` writes a day."""
    if (
        version is None
        or version.note == INSTALLED
        or version.approved_by is None
        or version.approved_at is None
    ):
        return _("as installed")
    told = _("approved by %(name)s on %(day)s") % {
        "name": version.approved_by,
        "day": day(version.approved_at.date()),
    }
    return f"{told}: {version.note}" if version.note else told
