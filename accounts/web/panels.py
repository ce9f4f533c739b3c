"""What the ledger and the parties show on pages and in the search: registered here, drawn anywhere."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.ledger.enums import AccountStatus, EntryKind
from accounts.ledger.models import Account, AccountAssignment, LedgerEntry
from accounts.ledger.queries import account_of_page
from accounts.web.call import panel as call_panel
from accounts.web.contact_verbs import contact_verbs
from accounts.web.search import search
from collections_app.core import panels
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action

ENTRY_LOOK = {
    EntryKind.PAYMENT: ("payment", "cash-banknote", "good"),
    EntryKind.REVERSAL: ("payment_returned", "arrow-back-up", "stop"),
    EntryKind.CHARGE: ("charge", "file-invoice", "none"),
    EntryKind.FEE: ("charge", "receipt", "none"),
    EntryKind.INTEREST: ("charge", "percentage", "none"),
    EntryKind.PENALTY: ("charge", "gavel", "none"),
    EntryKind.WRITE_OFF: ("entry", "archive", "attn"),
    EntryKind.CREDIT_NOTE: ("entry", "receipt-refund", "good"),
    EntryKind.DISCOUNT: ("entry", "discount", "good"),
    EntryKind.REFUND: ("entry", "receipt-refund", "none"),
    EntryKind.ADJUSTMENT: ("entry", "adjustments", "none"),
    EntryKind.OPENING_BALANCE: ("charge", "book", "none"),
}
ENTRIES_SHOWN = 200


def entry_events(ids, user, as_of) -> list[dict]:
    """What moved the balance. A day's movement stands at the moment it was known, on its own day."""
    rows = (
        LedgerEntry.objects.filter(account__in=ids, value_date__lte=as_of)
        .select_related("reverses")
        .order_by("-value_date", "-id")[:ENTRIES_SHOWN]
    )
    events = []
    for entry in rows:
        kind, icon, tone = ENTRY_LOOK[entry.kind]
        amount = entry.amount if entry.direction == "debit" else -entry.amount
        detail = entry.reference
        if entry.kind == EntryKind.PAYMENT:
            title = (
                _("Paid by %(method)s") % {"method": entry.get_method_display().lower()}
                if entry.method
                else _("Paid")
            )
            if entry.receiver == "creditor":
                detail = f"{_('direct to the creditor')} {detail}"
        elif entry.kind == EntryKind.REVERSAL:
            title = _("Payment returned") if entry.line == "payments_returned" else _("Reversed")
            detail = entry.reason or entry.reference
        else:
            title = entry.description or entry.get_kind_display()
            if entry.due_date:
                detail = _("due %(day)s") % {"day": day_text(entry.due_date, as_of)}
        events.append(
            {
                "at": _moment(entry),
                "kind": kind,
                "icon": icon,
                "tone": tone,
                "title": title,
                "detail": detail,
                "amount": amount,
                "currency": entry.currency,
                "url": reverse("accounts:entry_detail", args=[entry.pk]),
            }
        )
    return events


def _moment(entry: LedgerEntry) -> datetime:
    """The moment of an entry in the story: recorded that day, or the noon of its value date."""
    if entry.recorded_at.date() == entry.value_date:
        return entry.recorded_at
    return datetime.combine(entry.value_date, time(12), UTC) + timedelta(microseconds=entry.pk % 1_000_000)


def assignment_events(ids, user, as_of) -> list[dict]:
    """Who took the account over, from the second owner on."""
    rows = (
        AccountAssignment.objects.filter(account__in=ids, effective_date__lte=as_of)
        .select_related("officer", "team", "actor")
        .order_by("id")
    )
    return [
        {
            "at": row.recorded_at,
            "kind": "assignment",
            "icon": "arrows-exchange",
            "tone": "none",
            "title": _("Now with %(owner)s") % {"owner": row.officer or row.team or _("nobody")},
            "detail": row.reason,
        }
        for row in list(rows)[1:]
    ]


def ledger_verbs(ids, user, as_of) -> list[Action]:
    """What may be done to the account's money and ownership, by its state."""
    account = account_of_page(ids)
    if account is None:
        return []
    status = account.status
    args = [ids[0]]
    if status == AccountStatus.CLOSED:
        return [
            Action(
                _("Reopen account"),
                reverse("accounts:account_reopen", args=args),
                icon="lock-open",
                permission="accounts.reopen_account",
            )
        ]
    return [
        Action(
            _("Post payment"),
            reverse("accounts:payment_new", args=args),
            icon="cash",
            permission="accounts.post_payment",
        ),
        Action(
            _("Post adjustment"),
            reverse("accounts:adjustment_new", args=args),
            icon="adjustments",
            permission="accounts.post_entry",
        ),
        Action(
            _("Write off"),
            reverse("accounts:write_off", args=args),
            icon="archive",
            permission="accounts.write_off",
        ),
        Action(
            _("Assign account"),
            reverse("accounts:account_assign", args=args),
            icon="arrows-exchange",
            permission="accounts.assign_account",
        ),
        Action(
            _("Close account"),
            reverse("accounts:account_close", args=args),
            icon="lock",
            permission="accounts.close_account",
        ),
    ]


def debtor_accounts(ids, user, as_of):
    """The debtor's accounts the user may see."""
    rows = (
        Account.objects.visible_to(user)
        .filter(Q(debtor__in=ids) | Q(debtor__merged_into__in=ids))
        .select_related("standing", "creditor", "officer")
        .order_by("id")
    )
    return list(rows)


panels.register("account.timeline", order=10, provider=entry_events, name="ledger.entries")
panels.register("account.timeline", order=20, provider=assignment_events, name="ledger.assignments")
panels.register(
    "account.now",
    order=10,
    permission="accounts.view_contact",
    provider=call_panel.now_panel,
    template="accounts/call/panel.html",
)
panels.register("account.verbs", order=20, provider=contact_verbs, name="contacts.verbs")
panels.register("account.verbs", order=50, provider=ledger_verbs, name="ledger.verbs")
panels.register(
    "search", order=10, provider=search, name="accounts.search", permission="accounts.view_account"
)
