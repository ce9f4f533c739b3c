"""What bank lines show on an account's timeline, in the search and on a supervisor's Today.

On the timeline the line takes the place of the receipt it became: the same event, with what speaks
for it and the way to the line.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.bank.enums import OPEN, WAITING, LineStatus, Rule
from accounts.bank.models import BankLine
from accounts.bank.rules import MATCH_BANK_LINE, VIEW_BANK_LINE
from accounts.ledger.enums import PaymentMethod
from accounts.payments.bank_accounts import compact
from collections_app.core import panels
from collections_app.core.story import Story, moment_sql
from collections_app.core.web.figures import amount_text, day_text

SHORTEST = 3

POSTED = f"""
SELECT {moment_sql("e.value_date", "e.recorded_at")} AS at, 'entry:' || e.id AS instead_of,
       l.id, p.amount, p.currency, p.rule, e.method, e.receiver, l.counterparty_name, l.text,
       p.undone_id IS NOT NULL AS is_undone
FROM accounts_bankposting p
JOIN accounts_ledgerentry e ON e.id = p.entry_id
JOIN accounts_bankline l ON l.id = p.line_id
WHERE p.account_id = ANY(%(ids)s) AND e.value_date <= %(as_of)s
ORDER BY e.value_date DESC, e.id DESC LIMIT 200
"""


def posted_event(row, as_of) -> dict:
    """A receipt that came by a bank statement."""
    method = PaymentMethod(row.method or PaymentMethod.TRANSFER).label.lower()
    told = [_("bank line of %(name)s") % {"name": row.counterparty_name or _("somebody unnamed")}]
    if row.receiver == "creditor":
        told.append(_("direct to the creditor"))
    told.append(_("matched by %(rule)s") % {"rule": Rule(row.rule).label})
    if row.is_undone:
        told.append(_("taken back"))
    return {
        "kind": "payment",
        "icon": "building-bank",
        "tone": "none" if row.is_undone else "good",
        "title": _("Paid by %(method)s") % {"method": method},
        "detail": ", ".join(told),
        "amount": -row.amount,
        "currency": row.currency,
        "url": reverse("accounts:bank_line_detail", args=[row.id]),
    }


def search(query: str, user, limit: int) -> list[dict]:
    """Lines by reference or payer's account number; of those that wait also by payer, text or amount."""
    words = query.strip()
    if len(words) < SHORTEST:
        return []
    waits = Q(counterparty_name__icontains=words) | Q(text__icontains=words)
    try:
        amount = Decimal(words.replace(",", ""))
    except InvalidOperation:
        amount = None
    if amount is not None and amount.is_finite() and abs(amount) < 10**12:
        waits |= Q(amount__in=[amount, -amount])
    wanted = Q(end_to_end_id=words) | Q(status__in=WAITING) & waits
    number = compact(words)
    if number:
        wanted |= Q(counterparty_account=number)
    found = (
        BankLine.objects.visible_to(user)
        .filter(wanted)
        .select_related("bank_account")
        .order_by("-booking_date", "-id")[:limit]
    )
    return [
        {
            "kind": _("bank line"),
            "icon": "building-bank",
            "title": f"{line.currency} {amount_text(line.amount, line.currency)}, "
            f"{line.counterparty_name or line.reference or _('no name')}",
            "detail": f"{line.bank_account.name}, {day_text(line.booking_date)}, "
            f"{LineStatus(line.status).label}",
            "url": reverse("accounts:bank_line_detail", args=[line.pk]),
        }
        for line in found
    ]


def waiting_credits(ids, user, as_of: date) -> list[dict]:
    """Money in that nobody knows, with the age of the oldest (D45)."""
    found = (
        BankLine.objects.visible_to(user)
        .filter(status__in=OPEN, amount__gt=0)
        .aggregate(n=Count("pk"), oldest=Min("booking_date"))
    )
    if not found["n"]:
        return []
    days = (as_of - found["oldest"]).days
    words = ngettext(
        "%(n)s unknown credit, oldest %(days)s days",
        "%(n)s unknown credits, oldest %(days)s days",
        found["n"],
    )
    return [
        {
            "by": _("Bank"),
            "at": datetime.combine(found["oldest"], time(0), tzinfo=UTC),
            "text": words % {"n": found["n"], "days": days},
            "url": reverse("accounts:bank_line_list") + "?status=unmatched&status=unidentified&direction=in",
        }
    ]


panels.register(
    "account.timeline",
    order=12,
    provider=Story(POSTED, posted_event),
    permission=VIEW_BANK_LINE,
    name="bank.posted",
)
panels.register("search", order=45, provider=search, permission=VIEW_BANK_LINE, name="bank.search")
panels.register(
    "today.waiting", order=65, provider=waiting_credits, permission=MATCH_BANK_LINE, name="bank.waiting"
)
