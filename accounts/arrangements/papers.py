"""What a debtor is given on paper, in his language: what he may choose from (D31), each figure asked of
the schedule that would be made, and the plan he agreed on (D32)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils.text import slugify

from accounts.arrangements.enums import Rhythm
from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.paper_words import words_of
from accounts.arrangements.rules import VIEW_PLAN
from accounts.arrangements.schedule import Due, PlanTerms
from accounts.arrangements.services import PlanBeyondPolicy, PlanTermsWrong, schedule_of
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from accounts.parties.queries import day_after
from collections_app.core import documents, pdf
from collections_app.core.models import StoredFile
from collections_app.core.money import format_amount
from collections_app.core.paper_frame import line_direction
from collections_app.core.permissions import has_permission

PAPER = "plan"  # the kind of file

CHOICES = (3, 6, 12)
ZERO = Decimal(0)
# The first instalment is some days after the talk, so that the money can be on its way.
FIRST_IN_BUSINESS_DAYS = 5
STYLES = ("base.css", "sheet.css")


@dataclass(frozen=True)
class Options:
    """All at once by `first_due`, or monthly: the schedules that the policy allows."""

    amount: Decimal
    first_due: date
    schedules: tuple[tuple[Due, ...], ...]


def options_of(account: Account, *, as_of: date) -> Options:
    """What may be offered on an account on a day for all that is owed and not disputed."""
    standing = getattr(account, "standing", None)
    owed = balances([account.pk], as_of=as_of).get(account.pk, ZERO)
    amount = max(owed - (standing.contested if standing else ZERO), ZERO)
    first_due = day_after(as_of, FIRST_IN_BUSINESS_DAYS, "business", account.creditor)
    schedules = []
    for number in CHOICES if amount else ():
        terms = PlanTerms(amount, Rhythm.MONTHLY.value, first_due, number=number)
        try:
            schedules.append(tuple(schedule_of(terms, account=account, as_of=as_of)))
        except (PlanBeyondPolicy, PlanTermsWrong):
            continue
    return Options(amount, first_due, tuple(schedules))


def _day(value: date, language: str) -> str:
    return format_date(value, "d MMMM y", locale=language)


def _lines(text: str, language: str) -> list[tuple[str, str]]:
    """Each line of the creditor's own words and the way it runs."""
    return [(line, line_direction(line, language)) for line in text.splitlines() if line.strip()]


def options_pdf(*, account: Account, found: Options, as_of: date) -> bytes:
    """The sheet; `account` comes with debtor and creditor. The same facts give the same bytes."""
    language, words = words_of(account.debtor.language or "en")
    context = _options_context(account, found, as_of, language, words)
    return pdf.render("pdf/plan_options.html", context, language=language, stylesheets=STYLES)


def _options_context(
    account: Account, found: Options, as_of: date, language: str, words: dict[str, str]
) -> dict[str, Any]:
    def day(value: date) -> str:
        return _day(value, language)

    def amount(value: Decimal) -> str:
        return format_amount(value, account.currency, language, with_currency=True)

    return {
        "account": account,
        "words": words,
        "creditor": account.creditor,
        "how": _lines(account.creditor.payment_instructions, language),
        "hours": _lines(account.creditor.sender_hours, language),
        "write": words["write"] % {"reference": account.number},
        "day": words["as_of"] % {"day": day(as_of)},
        "owed": amount(found.amount),
        "at_once": words["at_once_text"] % {"amount": amount(found.amount), "day": day(found.first_due)},
        "plans": [
            {
                "title": words["plan"] % {"letter": letter, "number": len(rows)},
                "each": amount(rows[0].amount),
                "last": amount(rows[-1].amount),
                "first_day": day(rows[0].due_date),
                "last_day": day(rows[-1].due_date),
                "total": amount(sum((row.amount for row in rows), ZERO)),
            }
            for letter, rows in zip("ABC", found.schedules, strict=False)
        ],
    }


def plan_pdf(plan: PaymentPlan) -> bytes:
    """The plan as it was agreed on; the same plan gives the same bytes. It comes with debtor, creditor
    and account."""
    language, words = words_of(plan.debtor.language or "en")

    def amount(value: Decimal) -> str:
        return format_amount(value, plan.currency, language, with_currency=True)

    day = _day(plan.starts_on or plan.made_on, language)
    shares = plan.plan_accounts.select_related("account").order_by("pk")
    context = {
        "plan": plan,
        "words": words,
        "creditor": plan.creditor,
        "how": _lines(plan.creditor.payment_instructions, language),
        "hours": _lines(plan.creditor.sender_hours, language),
        "write": words["write"] % {"reference": plan.account.number},
        "number": plan.account.number,
        "day": words["as_of"] % {"day": day},
        "text": words["paper_text"] % {"day": day, "amount": amount(plan.amount)},
        "accounts": [(share.account.number, amount(share.amount)) for share in shares],
        "rows": [
            {
                "number": row.number or words["deposit"],
                "due": _day(row.due_date, language),
                "amount": amount(row.amount),
                "until": _day(row.grace_until, language),
            }
            for row in plan.instalments.order_by("number")
        ],
        "total": amount(plan.amount),
    }
    return pdf.render("pdf/plan.html", context, language=language, stylesheets=STYLES)


def keep_paper(plan: PaymentPlan, *, actor) -> StoredFile:
    """Store the paper of a plan with it, once: what the debtor agreed on, as he was given it (D32)."""
    kept = paper_of(plan)
    if kept is not None:
        return kept
    return documents.store(
        content=plan_pdf(plan),
        filename=f"plan-{slugify(plan.account.number)}-{plan.pk}.pdf",
        kind=PAPER,
        owner=actor,
        subject=plan,
    )


def paper_of(plan: PaymentPlan) -> StoredFile | None:
    """The stored paper; None while it is not made."""
    return StoredFile.objects.filter(
        subject_type=plan._meta.label_lower, subject_id=plan.pk, kind=PAPER
    ).first()


def _may_read(user, file: StoredFile) -> bool:
    return has_permission(user, VIEW_PLAN) and (
        PaymentPlan.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


documents.register_reader("accounts.paymentplan", _may_read)
