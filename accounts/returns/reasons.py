"""The codes each scheme returns payments with, as installed, and how they are changed."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.policies.enums import FROM_THE_BEGINNING
from accounts.policies.rules import PROPOSE_POLICY
from accounts.policies.versions import DatedVersions
from accounts.returns.enums import REASON, ActionClass, Block, ReasonStatus, Scheme, TaskFor
from accounts.returns.models import ReturnReason
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

LOANPRO = "developers.loanpro.io, NACHA Return Code Values"
LEMONWAY = "documentation.lemonway.com/reference/sepa-error-codes"
YUNO = "docs.y.uno/docs/providers-reason-codes"
STRIPE = "docs.stripe.com/disputes/categories"
LEMONWAY_CARDS = "documentation.lemonway.com/v8.2/reference/chargeback-codes"
TRADE = ""  # trade knowledge: no published source was found
ACH_RETRIES = {"retry_days": 3, "retry_limit": 2, "retry_window_days": 180}
RETRIES = {"retry_days": 5, "retry_limit": 2, "retry_window_days": 90}


class ReasonRefused(Refused):
    """The reason can't be set up as given."""


VALUES = (
    "label",
    "action_class",
    "retry_days",
    "retry_limit",
    "retry_window_days",
    "blocks",
    "task_for",
    "task_days",
    "charges_fee",
    "is_verified",
    "source",
    "is_active",
)
VERSIONS = DatedVersions(
    REASON,
    series=("scheme", "code"),
    says=VALUES,
    begins_late=gettext_lazy("A reason can begin today or later. Choose another day."),
    went_by=gettext_lazy("Its day went by while it waited. Propose it for a later one."),
    is_own=gettext_lazy("You proposed this, so another manager must approve it."),
)


@dataclass(frozen=True)
class Seed:
    scheme: str
    code: str
    label: str
    action: str
    source: str = TRADE
    blocks: str = Block.NONE
    retries: tuple[tuple[str, int], ...] = ()
    charges_fee: bool = False
    days: int = 2
    task_for: str = TaskFor.OFFICER


def _ach(code: str, label: str, action: str, blocks: str = Block.NONE, **more) -> Seed:
    return Seed(Scheme.ACH, code, label, action, more.pop("source", LOANPRO), blocks, **more)


def _sepa(code: str, label: str, action: str, blocks: str = Block.NONE, **more) -> Seed:
    return Seed(Scheme.SEPA, code, label, action, more.pop("source", LEMONWAY), blocks, **more)


def _card(code: str, label: str, action: str, blocks: str = Block.NONE, **more) -> Seed:
    return Seed(Scheme.CARD, code, label, action, more.pop("source", YUNO), blocks, **more)


def _trade(scheme: str):
    def seed(code: str, label: str, action: str, blocks: str = Block.NONE, **more) -> Seed:
        return Seed(scheme, code, label, action, TRADE, blocks, **more)

    return seed


_becs, _bacs, _cheque = _trade(Scheme.BECS), _trade(Scheme.BACS), _trade(Scheme.CHEQUE)
AGAIN = tuple(RETRIES.items())
ACH_AGAIN = tuple(ACH_RETRIES.items())
SENIOR = TaskFor.SENIOR
A = ActionClass

SEEDS: tuple[Seed, ...] = (
    _ach("R01", gettext_noop("Insufficient funds"), A.RETRY, retries=ACH_AGAIN, charges_fee=True),
    _ach("R02", gettext_noop("Account closed"), A.NEW_MANDATE, Block.STOP),
    _ach("R03", gettext_noop("No account, or unable to locate it"), A.NEW_MANDATE, Block.STOP),
    _ach("R04", gettext_noop("Invalid account number"), A.NEW_MANDATE, Block.STOP),
    _ach("R05", gettext_noop("Improper debit to a consumer account"), A.NEW_MANDATE, Block.STOP),
    _ach("R06", gettext_noop("Returned as the originating bank asked"), A.OWN_FAULT, Block.FLAG),
    _ach("R07", gettext_noop("Authorisation revoked"), A.NEW_MANDATE, Block.STOP),
    _ach("R08", gettext_noop("Payment stopped"), A.CALL, Block.STOP),
    _ach("R09", gettext_noop("Uncollected funds"), A.RETRY, retries=ACH_AGAIN, charges_fee=True),
    _ach("R10", gettext_noop("Customer says it was not authorised"), A.NEW_MANDATE, Block.STOP),
    _ach("R14", gettext_noop("Representative payee deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _ach("R15", gettext_noop("Account holder deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _ach("R16", gettext_noop("Account frozen"), A.CALL, Block.STOP, source=TRADE),
    _ach("R20", gettext_noop("Not an account for payments"), A.NEW_MANDATE, Block.STOP, source=TRADE),
    _ach("R29", gettext_noop("Company says it was not authorised"), A.NEW_MANDATE, Block.STOP, source=TRADE),
    _sepa("AC01", gettext_noop("Incorrect account number"), A.FIX_DETAILS, Block.STOP),
    _sepa("AC04", gettext_noop("Account closed"), A.FIX_DETAILS, Block.STOP),
    _sepa("AC06", gettext_noop("Account blocked"), A.CALL, Block.STOP),
    _sepa(
        "AG01",
        gettext_noop("Direct debit forbidden on this account"),
        A.FIX_DETAILS,
        Block.STOP,
        source=TRADE,
    ),
    _sepa("AM04", gettext_noop("Insufficient funds"), A.RETRY, retries=AGAIN, charges_fee=True),
    _sepa("AM05", gettext_noop("Collected twice"), A.OWN_FAULT, Block.FLAG),
    _sepa(
        "MD01",
        gettext_noop("No mandate"),
        A.NEW_MANDATE,
        Block.STOP,
        source="apify.com, pain.002 reason codes",
    ),
    _sepa("MD06", gettext_noop("Refund asked for by the debtor"), A.DISPUTE, Block.STOP),
    _sepa("MD07", gettext_noop("Debtor deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _sepa("MS02", gettext_noop("Refused by the debtor"), A.DISPUTE, Block.STOP),
    _sepa("MS03", gettext_noop("Reason not given"), A.RETRY, retries=AGAIN),
    _sepa("BE05", gettext_noop("Creditor not known"), A.OWN_FAULT, Block.FLAG),
    _sepa(
        "SL01", gettext_noop("Stopped by a service of the debtor's bank"), A.CALL, Block.STOP, source=TRADE
    ),
    _becs("1", gettext_noop("Invalid BSB number"), A.FIX_DETAILS, Block.STOP),
    _becs("2", gettext_noop("Payment stopped"), A.CALL, Block.STOP),
    _becs("3", gettext_noop("Account closed"), A.FIX_DETAILS, Block.STOP),
    _becs("4", gettext_noop("Customer deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _becs("5", gettext_noop("No account, or incorrect number"), A.FIX_DETAILS, Block.STOP),
    _becs("6", gettext_noop("Refer to customer"), A.RETRY, retries=AGAIN, charges_fee=True),
    _becs("7", gettext_noop("Deleted"), A.OWN_FAULT, Block.FLAG),
    _becs("8", gettext_noop("Invalid user number"), A.OWN_FAULT, Block.FLAG),
    _becs("9", gettext_noop("Technically invalid"), A.OWN_FAULT, Block.FLAG),
    _bacs("0", gettext_noop("Refer to payer"), A.RETRY, retries=AGAIN, charges_fee=True),
    _bacs("1", gettext_noop("Instruction cancelled"), A.NEW_MANDATE, Block.STOP),
    _bacs("2", gettext_noop("Payer deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _bacs("3", gettext_noop("Account transferred"), A.FIX_DETAILS, Block.STOP),
    _bacs("4", gettext_noop("Advance notice disputed"), A.DISPUTE, Block.STOP),
    _bacs("5", gettext_noop("No account"), A.FIX_DETAILS, Block.STOP),
    _bacs("6", gettext_noop("No instruction"), A.NEW_MANDATE, Block.STOP),
    _bacs("7", gettext_noop("Amount differs"), A.OWN_FAULT, Block.FLAG),
    _bacs("8", gettext_noop("Amount not yet due"), A.OWN_FAULT, Block.FLAG),
    _bacs("9", gettext_noop("Presented too late"), A.OWN_FAULT, Block.FLAG),
    _bacs("A", gettext_noop("Service user differs"), A.OWN_FAULT, Block.FLAG),
    _bacs("B", gettext_noop("Account closed"), A.FIX_DETAILS, Block.STOP),
    # The register of cheques presents a cheque again, so no retry is planned here.
    _cheque("insufficient_funds", gettext_noop("Insufficient funds"), A.RETRY, charges_fee=True),
    _cheque("partly_paid", gettext_noop("Paid in part by the bank, with certificate"), A.CALL),
    _cheque("account_closed", gettext_noop("Account closed"), A.REPLACE, Block.FLAG),
    _cheque("signature_differs", gettext_noop("Signature differs"), A.REPLACE),
    _cheque("amounts_differ", gettext_noop("Amount in words and figures differ"), A.REPLACE),
    _cheque("stale", gettext_noop("Out of date"), A.REPLACE),
    _cheque("presented_early", gettext_noop("Presented before its date"), A.OWN_FAULT),
    _cheque("payment_stopped", gettext_noop("Payment stopped"), A.LEGAL, Block.FLAG, task_for=SENIOR),
    _cheque("drawer_deceased", gettext_noop("Drawer deceased"), A.DECEASED, Block.STOP, task_for=SENIOR),
    _cheque("alteration", gettext_noop("Altered"), A.FRAUD, Block.FLAG, task_for=SENIOR),
    _cheque("other", gettext_noop("Other reason"), A.CALL),
    # Codes with a point are Visa's, of four digits Mastercard's. A chargeback is never presented again.
    _card("10.4", gettext_noop("Fraud, card absent"), A.FRAUD, Block.STOP, task_for=SENIOR),
    _card("11.3", gettext_noop("No authorisation from the card's bank"), A.OWN_FAULT, Block.FLAG),
    _card("12.5", gettext_noop("Incorrect amount"), A.OWN_FAULT, Block.FLAG),
    _card("12.6.1", gettext_noop("Taken twice"), A.OWN_FAULT, Block.FLAG, source=STRIPE),
    _card("12.6.2", gettext_noop("Paid by other means"), A.OWN_FAULT, Block.FLAG, source=STRIPE),
    _card("13.1", gettext_noop("Goods or services not received"), A.DISPUTE, Block.STOP),
    _card("13.2", gettext_noop("Repeated payment was cancelled"), A.NEW_MANDATE, Block.STOP),
    _card("4808", gettext_noop("No authorisation from the card's bank"), A.OWN_FAULT, Block.FLAG),
    _card(
        "4834",
        gettext_noop("Mistake when the card was charged"),
        A.OWN_FAULT,
        Block.FLAG,
        source=LEMONWAY_CARDS,
    ),
    _card("4837", gettext_noop("Cardholder did not authorise it"), A.FRAUD, Block.STOP, task_for=SENIOR),
    _card("4853", gettext_noop("The cardholder contests it"), A.DISPUTE, Block.STOP, source=LEMONWAY_CARDS),
    _card("4863", gettext_noop("Cardholder does not recognise it"), A.CALL, Block.STOP),
)


@transaction.atomic
def install_reasons() -> None:
    """Write the reasons no version of which is there yet; a step of `manage.py prepare`."""
    have = set(ReturnReason.objects.values_list("scheme", "code"))
    VERSIONS.install(
        (
            ReturnReason(
                scheme=seed.scheme,
                code=seed.code,
                label=seed.label,
                action_class=seed.action,
                blocks=seed.blocks,
                task_kind=f"return_{seed.action}",
                task_for=seed.task_for,
                task_days=seed.days,
                charges_fee=seed.charges_fee,
                is_verified=bool(seed.source),
                source=seed.source,
                valid_from=FROM_THE_BEGINNING,
                status=ReasonStatus.APPROVED,
                **dict(seed.retries),
            )
            for seed in SEEDS
            if (seed.scheme, seed.code) not in have
        ),
        audit_code="return_reason.installed",
    )


def values_of(reason: ReturnReason) -> dict:
    """What a version says, without when and by whom."""
    return {name: getattr(reason, name) for name in VALUES}


@transaction.atomic
def propose_reason(
    *, scheme: str, code: str, values: dict, valid_from: date, note: str, actor, as_of: date
) -> ReturnReason:
    """Propose what a code means from a day on; another person approves.

    Raises ReasonRefused, VersionInThePast.
    """
    require(actor, PROPOSE_POLICY)
    code = code.strip()
    if not code or not str(values.get("label", "")).strip():
        raise ReasonRefused(_("Enter the code and what it means."), field="code")
    VERSIONS.refuse_past(valid_from, as_of)
    if values.get("retry_limit") and not values.get("retry_days"):
        raise ReasonRefused(_("Say after how many days it is tried again."), field="retry_days")
    before = ReturnReason.objects.in_force(valid_from).filter(scheme=scheme, code=code).first()
    if before is not None and values_of(before) == {**values_of(before), **values}:
        raise ReasonRefused(_("This holds already. Change something, or leave it as it is."))
    if ReturnReason.objects.filter(scheme=scheme, code=code, status=ReasonStatus.PROPOSED).exists():
        raise ReasonRefused(_("A change of this code waits for approval already."))
    reason = ReturnReason.objects.create(
        scheme=Scheme(scheme),
        code=code,
        valid_from=valid_from,
        note=note[:300],
        made_by=actor,
        task_kind=f"return_{values['action_class']}",
        **values,
    )
    REASON.start(reason, actor=actor, as_of=as_of)
    audit.record(
        "return_reason.proposed",
        reason,
        actor=actor,
        before=values_of(before) if before is not None else None,
        after={"scheme": scheme, "code": code, "valid_from": valid_from, **values_of(reason)},
        reason=note,
    )
    return reason


@transaction.atomic
def decide_reason(
    *, reason: ReturnReason, approve: bool, comment: str = "", actor, as_of: date
) -> ReturnReason:
    """Approve or reject a proposed version; never its maker, who may take it back.

    Raises what `DatedVersions.approve` and `reject` do, StatusHasMoved.
    """
    decide = VERSIONS.approve if approve else VERSIONS.reject
    return decide(reason, comment=comment, actor=actor, as_of=as_of)
