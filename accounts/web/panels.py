"""What the ledger and the parties show on pages and in the search: registered here, drawn anywhere."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.ledger.enums import AccountStatus, EntryKind, PaymentMethod
from accounts.ledger.queries import account_of_page
from accounts.web.call import panel as call_panel
from accounts.web.contact_verbs import contact_verbs
from accounts.web.search import search
from collections_app.core import panels
from collections_app.core.story import Story, day_of
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
# What moved the balance. A day's movement stands at the moment it was known, on its own day.
ENTRIES = """
SELECT CASE WHEN (e.recorded_at AT TIME ZONE 'UTC')::date = e.value_date THEN e.recorded_at
            ELSE (e.value_date + time '12:00') AT TIME ZONE 'UTC'
                 + mod(e.id, 1000000) * interval '1 microsecond' END AS at,
       CASE WHEN e.kind = 'payment' THEN 'entry:' || e.id END AS key,
       e.id, e.kind, e.direction, e.amount, e.currency, e.line, e.method, e.receiver, e.reference,
       e.reason, e.description, e.due_date
FROM accounts_ledgerentry e
WHERE e.account_id = ANY(%(ids)s) AND e.value_date <= %(as_of)s
ORDER BY e.value_date DESC, e.id DESC LIMIT 200
"""


def entry_event(entry, as_of) -> dict:
    kind, icon, tone = ENTRY_LOOK[EntryKind(entry.kind)]
    detail = entry.reference
    if entry.kind == EntryKind.PAYMENT:
        title = (
            _("Paid by %(method)s") % {"method": PaymentMethod(entry.method).label.lower()}
            if entry.method
            else _("Paid")
        )
        if entry.receiver == "creditor":
            direct = _("direct to the creditor")
            detail = f"{direct} {detail}"
    elif entry.kind == EntryKind.REVERSAL:
        title = _("Payment returned") if entry.line == "payments_returned" else _("Reversed")
        detail = entry.reason or entry.reference
    elif entry.kind == EntryKind.WRITE_OFF:
        title, detail = EntryKind(entry.kind).label, entry.reason
    else:
        title = entry.description or EntryKind(entry.kind).label
        if entry.due_date:
            detail = _("due %(day)s") % {"day": day_text(day_of(entry.due_date), as_of)}
    return {
        "kind": kind,
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "amount": entry.amount if entry.direction == "debit" else -entry.amount,
        "currency": entry.currency,
        "url": reverse("accounts:entry_detail", args=[entry.id]),
    }


# Who took the account over, from the second owner on.
ASSIGNMENTS = """
SELECT a.recorded_at AS at, coalesce(nullif(u.full_name, ''), u.username, t.name) AS owner, a.reason
FROM accounts_accountassignment a
LEFT JOIN core_user u ON u.id = a.officer_id
LEFT JOIN accounts_team t ON t.id = a.team_id
WHERE a.account_id = ANY(%(ids)s) AND a.effective_date <= %(as_of)s
ORDER BY a.id OFFSET 1
"""


def assignment_event(row, as_of) -> dict:
    return {
        "kind": "assignment",
        "icon": "arrows-exchange",
        "tone": "none",
        "title": _("Now with %(owner)s") % {"owner": row.owner or _("nobody")},
        "detail": row.reason,
    }


def ledger_verbs(ids, user, as_of) -> list[Action]:
    """What may be done to the account's money and ownership, by its state."""
    account = account_of_page(ids)
    if account is None:
        return []
    status = account.status
    args = [ids[0]]
    standing = getattr(account, "standing", None)
    payment = Action(
        _("Post payment"),
        reverse("accounts:payment_new", args=args),
        icon="cash",
        permission="accounts.post_payment",
    )
    if status == AccountStatus.CLOSED:
        reopen = Action(
            _("Reopen account"),
            reverse("accounts:account_reopen", args=args),
            icon="lock-open",
            permission="accounts.reopen_account",
        )
        if standing is None or not standing.written_off:
            return [reopen]
        # given up and closed, but money that comes all the same is recovered against it
        reinstate = Action(
            _("Reinstate"),
            reverse("accounts:reinstate", args=args),
            icon="arrow-back-up",
            permission="accounts.write_off",
        )
        return [payment, reinstate, reopen]
    extra = []
    if standing is not None and standing.credit > 0:
        extra += [
            (_("Pay credit back"), "credit_refund", "receipt-refund", "accounts.post_entry"),
            (_("Move credit"), "credit_move", "arrows-exchange", "accounts.post_entry"),
        ]
    if standing is not None and standing.written_off > 0:
        extra.append((_("Reinstate"), "reinstate", "arrow-back-up", "accounts.write_off"))
    return [
        payment,
        Action(
            _("Split payment"),
            reverse("accounts:payment_split", args=args),
            icon="arrows-exchange",
            permission="accounts.post_payment",
        ),
        *(
            Action(label, reverse(f"accounts:{name}", args=args), icon=icon, permission=permission)
            for label, name, icon, permission in extra
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


panels.register("account.timeline", order=10, provider=Story(ENTRIES, entry_event), name="ledger.entries")
panels.register(
    "account.timeline",
    order=20,
    provider=Story(ASSIGNMENTS, assignment_event),
    name="ledger.assignments",
)
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
