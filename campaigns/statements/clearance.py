"""Clearance letters: given only when nothing is owed and nothing can come back, and withdrawn by
what undoes that (D46).

Who holds the paper can ask the public page whether it is genuine. Of the code only a digest is
kept; it is looked up by the digest, so the answer's time tells nothing about a code that is near.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cheques.queries import COVER_PARAMETERS, cover_sql
from accounts.interest.queries import fees_to_come, unposted_interest
from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import balances
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Debtor
from accounts.policies.queries import policy
from campaigns.statements import rules
from campaigns.statements.addressees import addressees
from campaigns.statements.enums import CLEARANCE_LETTER, LetterStatus
from campaigns.statements.mailing import points_of
from campaigns.statements.models import ClearanceAccount, ClearanceLetter
from campaigns.statements.papers import Formatter, Sender, letter_head
from campaigns.statements.queries import accounts_of, by_debtor
from campaigns.statements.wording import WORDS, in_language
from collections_app.core import audit, clock, documents, money, pdf, prepared
from collections_app.core.models import Organisation, User
from collections_app.core.permissions import require

# Without the letters and figures that are taken for each other: 80 bits in four groups of four.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH, GROUP = 16, 4

# Money that came in and stands, and the day on which it is final by its method's window.
RECENT = """
SELECT e.account_id, e.amount, e.currency, e.method, e.value_date FROM accounts_ledgerentry e
WHERE e.account_id = ANY(%(ids)s) AND e.kind = 'payment' AND e.value_date <= %(as_of)s
  AND e.value_date > %(since)s
  AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
ORDER BY e.value_date, e.id
"""
WRITTEN_OFF = """
SELECT e.account_id, sum(CASE e.line WHEN 'written_off' THEN e.amount ELSE -e.amount END)
FROM accounts_ledgerentry e
WHERE e.account_id = ANY(%(ids)s) AND e.line IN ('written_off', 'write_offs_reversed')
  AND e.value_date <= %(as_of)s
GROUP BY e.account_id
"""
# Letters whose word no longer holds: what counted on their day and still stands leaves a debt.
UNDONE = """
SELECT DISTINCT l.id FROM campaigns_clearanceaccount c
JOIN campaigns_clearanceletter l ON l.id = c.paper_id AND l.status = 'issued'
WHERE c.account_id = ANY(%(ids)s::bigint[]) AND 0 < (
    SELECT coalesce(sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END), 0)
    FROM accounts_ledgerentry e
    WHERE e.account_id = c.account_id AND e.value_date <= l.issued_on AND e.kind <> 'reversal'
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
)
ORDER BY l.id
"""


@dataclass(frozen=True)
class Checked:
    """What the public page answers: the same four things for every code, known or not."""

    verdict: str  # "genuine", "withdrawn" or "unknown"
    issued_on: date | None = None
    office: str = ""
    ending: str = ""


def obstacles(accounts: Sequence[Account], *, as_of: date) -> list[str]:
    """What stands between these accounts and a letter, a sentence each; empty when nothing does.

    A credit balance is no obstacle. How long a payment may come back is the policy `clearance`.
    """
    ids = [account.pk for account in accounts]
    numbers = {account.pk: account for account in accounts}
    owed = balances(ids, as_of=as_of)
    said = []
    for account in accounts:
        if account.pk not in owed:
            said.append(_("%(account)s: nothing was ever charged or paid.") % {"account": account.number})
        elif owed[account.pk] > 0:
            said.append(
                _("%(account)s: %(amount)s is still owed.")
                % {"account": account.number, "amount": _said(owed[account.pk], account.currency)}
            )
    params = {"ids": ids, "as_of": as_of, "since": as_of - timedelta(days=3650)}
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN_OFF, params)
        for account_id, amount in cursor.fetchall():
            account = numbers[account_id]
            if amount > 0:
                said.append(
                    _("%(account)s: %(amount)s was written off and not paid.")
                    % {"account": account.number, "amount": _said(amount, account.currency)}
                )
        cursor.execute(RECENT, params)
        payments = cursor.fetchall()
        shares = cover_sql(scope="s.account_id = ANY(%(ids)s) AND")
        cursor.execute(
            f"SELECT account_id, currency, sum(amount) FROM ({shares}) covering GROUP BY 1, 2",
            {**params, **COVER_PARAMETERS},
        )
        cheques = cursor.fetchall()
    said += [
        _("%(account)s: cheques of %(amount)s have not cleared.")
        % {"account": numbers[account_id].number, "amount": _said(amount, currency)}
        for account_id, currency, amount in cheques
    ]
    said += [
        _("%(account)s: interest of %(amount)s to this day is not posted yet.")
        % {"account": numbers[account_id].number, "amount": _said(amount, numbers[account_id].currency)}
        for account_id, amount in sorted(unposted_interest(ids, as_of=as_of).items())
    ]
    said += [
        _("%(account)s: a fee for what was paid late is not posted yet.") % {"account": numbers[pk].number}
        for pk in sorted(fees_to_come(ids, as_of=as_of))
    ]
    return said + _not_final(payments, numbers, as_of)


def _not_final(payments: Iterable[tuple], numbers: dict[int, Account], as_of: date) -> list[str]:
    said, windows = [], {}
    for account_id, amount, currency, method, value_date in payments:
        account = numbers[account_id]
        if account.creditor_id not in windows:
            windows[account.creditor_id] = policy("clearance", as_of=as_of, creditor_id=account.creditor_id)
        window = windows[account.creditor_id][method or PaymentMethod.OTHER]
        final_on = value_date + timedelta(days=window)
        if final_on > as_of:
            said.append(
                _("%(account)s: the payment of %(amount)s of %(day)s can come back until %(until)s.")
                % {
                    "account": account.number,
                    "amount": _said(amount, currency),
                    "day": clock.written(value_date),
                    "until": clock.written(final_on),
                }
            )
    return said


def letter_that_holds(accounts: Sequence[Account]) -> ClearanceLetter | None:
    """The valid letter on exactly these accounts, where nothing was posted on them since: a second one
    would be another valid code for the same word. The newest, of several."""
    ids = sorted(account.pk for account in accounts)
    listed = ClearanceAccount.objects.filter(paper=OuterRef("pk"))
    since = LedgerEntry.objects.filter(account_id__in=ids, recorded_at__gt=OuterRef("known_at"))
    return (
        ClearanceLetter.objects.annotate(count=Count("lines", filter=Q(lines__account_id__in=ids)))
        .filter(~Exists(listed.exclude(account_id__in=ids)), ~Exists(since))
        .filter(status=LetterStatus.ISSUED, count=len(ids))
        .order_by("-pk")
        .first()
    )


def _said(amount: Decimal, currency: str) -> str:
    return money.format_amount(amount, currency, with_currency=True)


@transaction.atomic
def issue_letter(*, accounts: Sequence[Account], actor, as_of: date, now: datetime) -> ClearanceLetter:
    """Issue a clearance letter for these accounts of one debtor and creditor, with its code.

    Locks the accounts, so that nothing is posted between the look and the letter. Side effects: the
    stored PDF. Raises NotPaidUp, which says account by account what is missing, ClearedAlready and
    SeveralStandFor.
    """
    require(actor, rules.CLEAR)
    ids = sorted(account.pk for account in accounts)
    list(Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
    rows = list(accounts_of(Account.objects.filter(pk__in=ids)))
    groups = by_debtor(rows)
    if len(groups) != 1:
        raise rules.NotPaidUp(_("Choose accounts of one debtor."))
    missing = obstacles(rows, as_of=as_of)
    if missing:
        raise rules.NotPaidUp(_("No clearance letter yet. %(missing)s") % {"missing": " ".join(missing)})
    if there := letter_that_holds(rows):
        raise rules.ClearedAlready(
            _(
                "Letter %(number)s of %(day)s says so already: download it again. If another is to take its "
                "place, withdraw it first."
            )
            % {"number": there.letter_number, "day": clock.written(there.issued_on)}
        )
    debtor = Debtor.objects.select_related("creditor").get(pk=groups[0].debtor_id)
    (reader,) = addressees([(debtor, ids)], as_of=as_of)
    if reader is None:
        raise rules.SeveralStandFor(
            _("Other people stand for some of these accounts. Give a letter on each alone.")
        )
    points = points_of([reader.pk], as_of=as_of)
    sender = Sender(
        debtor,
        debtor.creditor,
        Organisation.objects.first(),
        points.get((reader.pk, ContactPointKind.ADDRESS)),
        reader,
    )
    code = new_code()
    letter = ClearanceLetter.objects.create(
        debtor=debtor,
        creditor=debtor.creditor,
        language=sender.language,
        code_digest=digest_of(code),
        ending="".join(secrets.choice(ALPHABET) for _place in range(4)),
        issued_on=as_of,
        known_at=now,
        actor=actor,
    )
    ClearanceAccount.objects.bulk_create(
        ClearanceAccount(paper=letter, account=row, currency=row.currency) for row in rows
    )
    letter.document = documents.store(
        content=letter_pdf(letter, rows, sender, code=code),
        filename=f"clearance-{letter.pk}.pdf",
        kind="clearance_letter",
        owner=actor,
        subject=letter,
    )
    letter.save(update_fields=["document"])
    CLEARANCE_LETTER.start(letter, actor=actor, as_of=as_of)
    audit.record("clearance_letter.issued", letter, actor=actor, after={"accounts": ids})
    return letter


def letter_pdf(letter: ClearanceLetter, accounts: Sequence[Account], sender: Sender, *, code: str) -> bytes:
    """The letter as PDF, in its reader's language, with its code and where to enter it."""
    language = sender.language
    words = in_language(WORDS, language)
    form = Formatter("", language)
    several = "cleared_many" if len(accounts) > 1 else "cleared_one"
    head = letter_head(
        sender,
        numbers=[row.number for row in accounts],
        reference=letter.letter_number,
        made_at=letter.known_at,
    )
    return pdf.render(
        "pdf/clearance.html",
        {
            **head,
            "office": sender.office,
            "title": words["clearance"],
            "dear": words["dear"] % {"name": sender.reader.name},
            "says": words[several] % {"day": form.day(letter.issued_on), "creditor": sender.name},
            "rows": [(row.number, row.product, row.currency) for row in accounts],
            "code": code,
            "address_of_page": settings.PUBLIC_URL + reverse("campaigns:letter_check"),
        },
        language=language,
    )


def new_code() -> str:
    """A code nobody can guess, as it stands on paper: four groups of four."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, CODE_LENGTH, GROUP))


def digest_of(code: str) -> str:
    """The digest a code is kept and looked up by; spaces, dashes and small letters do not matter."""
    bare = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"clearance:{bare}".encode()).hexdigest()


def check_code(code: str) -> Checked:
    """Whether a letter with this code was issued and still holds; nothing else about it."""
    wanted = digest_of(code)
    letter = ClearanceLetter.objects.filter(code_digest=wanted).first()
    office = Organisation.objects.first()
    known = hmac.compare_digest(letter.code_digest if letter else "0" * 64, wanted)
    if letter is None or not known:
        return Checked("unknown")
    verdict = "genuine" if letter.status == LetterStatus.ISSUED else "withdrawn"
    return Checked(verdict, letter.issued_on, office.name if office else "", letter.ending)


@transaction.atomic
def withdraw_letter(*, letter: ClearanceLetter, reason: str, actor, as_of: date) -> ClearanceLetter:
    """Withdraw a letter by hand, for a reason; the public page says so from now on."""
    letter = CLEARANCE_LETTER.advance(
        letter, to=LetterStatus.WITHDRAWN, actor=actor, as_of=as_of, reason=reason
    )
    ClearanceLetter.objects.filter(pk=letter.pk).update(withdrawn_on=as_of, withdrawn_because=reason[:300])
    letter.refresh_from_db()
    return letter


def withdraw_undone(*, account_ids: Iterable[int], as_of: date) -> list[int]:
    """Withdraw the letters that a return or a reversal has made untrue; their ids.

    A letter speaks of its own day: what is charged later leaves it valid. Acts as the system,
    because whoever posts a return need not hold the right to withdraw.
    """
    undone = [row[0] for row in prepared.select_some(UNDONE, account_ids)]
    if not undone:
        return []
    reason = _("Money it rested on came back or was taken back.")
    with transaction.atomic():
        CLEARANCE_LETTER.advance_many(
            undone, to=LetterStatus.WITHDRAWN, actor=User.objects.system(), as_of=as_of, reason=reason
        )
        ClearanceLetter.objects.filter(pk__in=undone).update(withdrawn_on=as_of, withdrawn_because=reason)
    return undone
