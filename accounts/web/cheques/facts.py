"""What the page of a cheque says: the paper, what it pays, the bank, who had it, what was planned."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.queries import approvals_of
from accounts.cheques.custody_models import HandOverItem
from accounts.cheques.models import Cheque
from accounts.cheques.paying import payments_of
from accounts.cheques.queries import bounces_of
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Fact


def paper_facts(cheque: Cheque, today: date) -> list[Fact]:
    facts = [
        Fact(
            _("Drawer"),
            cheque.drawer,
            note=_("not the debtor") if cheque.is_third_party else _("the debtor"),
        ),
        Fact(
            _("Received"),
            day_text(cheque.received_on, today),
            note=_("taken in by %(name)s") % {"name": cheque.lodged_by},
        ),
        Fact(_("For our bank account"), cheque.bank_account or _("not planned yet")),
    ]
    if cheque.valid_until:
        facts.append(Fact(_("The bank takes it until"), day_text(cheque.valid_until, today)))
    if cheque.deposit_reference:
        facts.append(Fact(_("Deposit"), cheque.deposit_reference))
    if cheque.is_security:
        released = (
            _("may be presented since %(day)s") % {"day": day_text(cheque.released_on, today)}
            if cheque.released_on
            else _("never presented, never cover, until it is released")
        )
        facts.append(Fact(_("Given as security"), released))
    times = {"n": cheque.all_bounces, "all": bounces_of(cheque.debtor_id)}
    words = _("%(n)s, with all cheques of this debtor %(all)s") if times["all"] else _("never")
    facts.append(Fact(_("Times returned"), words % times))
    if cheque.replaces_id:
        facts.append(
            Fact(
                _("Replaces"),
                str(cheque.replaces),
                url=reverse("accounts:cheque_detail", args=[cheque.replaces_id]),
            )
        )
    facts += [
        Fact(_("Replaced by"), str(other), url=reverse("accounts:cheque_detail", args=[other.pk]))
        for other in cheque.replacements.order_by("id")
    ]
    if cheque.note:
        facts.append(Fact(_("Note"), cheque.note))
    return facts


def share_facts(cheque: Cheque) -> list[Fact]:
    shares = cheque.shares.select_related("account__debtor", "charge").order_by("id")
    return [
        Fact(
            share.account.number,
            ui.money_with_code(share.amount, share.currency),
            url=reverse("accounts:account_detail", args=[share.account_id]),
            note=(share.charge.description or share.charge.reference) if share.charge else "",
        )
        for share in shares
    ]


def bank_facts(cheque: Cheque, today: date) -> list[Fact]:
    code = cheque.currency
    facts: list[Fact] = []
    for row in cheque.presented.select_related("bank_account", "actor").order_by("number"):
        late = row.planned_on is not None and row.submitted_on > row.planned_on
        note = f"{row.bank_account or ''} {row.deposit_reference}".strip()
        if late:
            note = (_("%(n)s d late") % {"n": (row.submitted_on - row.planned_on).days} + " " + note).strip()
        facts.append(
            Fact(
                _("Presented, time %(n)s") % {"n": row.number},
                day_text(row.submitted_on, today),
                note=note,
            )
        )
    for row in cheque.returns.select_related("reason", "fee", "actor").order_by("id"):
        note = f"{row.reason.meaning()}, {row.reason.get_action_class_display()}"
        if row.certificate:
            note += ", " + _("certificate %(number)s") % {"number": row.certificate}
        if row.fee:
            note += ", " + _("fee %(amount)s") % {"amount": amount_text(row.fee.amount, code)}
        facts.append(
            Fact(
                _("Not paid, %(day)s") % {"day": day_text(row.return_date, today)},
                ui.money_with_code(row.amount, code),
                note=note,
            )
        )
    facts += [
        Fact(
            _("Payment"),
            ui.money_with_code(payment.entry.amount, code),
            url=reverse("accounts:entry_detail", args=[payment.entry_id]),
            note=day_text(payment.entry.value_date, today),
        )
        for payment in payments_of(cheque)
    ]
    return [*facts, *_settled_by(cheque, today)]


def _settled_by(cheque: Cheque, today: date) -> list[Fact]:
    """The payments in its place, with the receipt where the cash desk gave one."""
    rows = cheque.settlements.select_related("entry__receipt_line__receipt", "entry__reversed_by")
    facts = []
    for row in rows.order_by("id"):
        entry, notes = row.entry, [str(row.entry.get_method_display()), day_text(row.entry.value_date, today)]
        if line := getattr(entry, "receipt_line", None):
            notes.append(line.receipt.code)
        if getattr(entry, "reversed_by", None):
            notes.append(_("taken back"))
        facts.append(
            Fact(
                _("Settled by"),
                ui.money_with_code(entry.amount, entry.currency),
                url=reverse("accounts:entry_detail", args=[entry.pk]),
                note=", ".join(notes),
            )
        )
    return facts


def custody_facts(cheque: Cheque, today: date) -> list[Fact]:
    rows = cheque.custody.select_related("giver", "taker", "bank_account", "document", "actor")
    facts = [
        Fact(
            day_text(row.on, today),
            row.in_words(),
            url=reverse("core:file_download", args=[row.document.token]) if row.document else "",
            note=row.note,
        )
        for row in rows.order_by("id")
    ]
    offered = (
        HandOverItem.objects.filter(cheque=cheque, is_open=True).select_related("hand_over__taker").first()
    )
    if offered:
        facts.append(
            Fact(
                _("Waits for a signature"),
                str(offered.hand_over.taker),
                url=reverse("accounts:hand_over_detail", args=[offered.hand_over_id]),
            )
        )
    return facts


def plan_facts(cheque: Cheque, today: date) -> list[Fact]:
    rows = cheque.plans.select_related("actor", "approval__decided_by").order_by("id")
    facts = []
    for row in rows:
        note = row.reason
        if row.approval:
            note = _("%(reason)s, approved by %(name)s") % {
                "reason": row.reason,
                "name": row.approval.decided_by,
            }
        facts.append(
            Fact(
                _("Decided %(day)s") % {"day": day_text(row.effective_date, today)},
                _("submit on %(day)s") % {"day": day_text(row.planned_on, today)},
                note=note,
            )
        )
    waiting = approvals_of(cheque).filter(status=ApprovalStatus.WAITING).first()
    if waiting:
        facts.append(
            Fact(
                _("Waits for approval"),
                waiting.summary,
                url=reverse("accounts:approval_detail", args=[waiting.pk]),
            )
        )
    return facts
