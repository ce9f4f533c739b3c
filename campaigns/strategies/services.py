"""The verbs of strategies: draft, save, submit, approve, reject, retire a version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor, Portfolio
from campaigns.strategies import rules
from campaigns.strategies.enums import STRATEGY_VERSION, InFlight, StepKind, VersionStatus
from campaigns.strategies.models import Strategy, StrategyStep, StrategyVersion
from campaigns.strategies.queries import later_versions, some_products, unknown_products
from campaigns.strategies.signals import version_approved, version_submitted
from collections_app.core import audit, clock
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class StrategyCodeTaken(Refused):
    """Another strategy has this code."""


class NothingToRollBack(Refused):
    """The version is not approved, or nothing later is in force."""


class ContentHasChanged(Refused):
    """The steps are not those that were submitted."""


@dataclass(frozen=True)
class NewStep:
    """One line of a version: so many days from the due date, by this channel, with this text; or a
    task of `kind`, a statement pack for a department."""

    code: str
    title: str
    stage: int
    day_offset: int
    channel: str
    template_code: str
    stage_name: str = ""
    pay_within_days: int = 14
    kind: str = StepKind.MESSAGE
    silent_days: int | None = None
    department_id: int | None = None


# What a version says beside its steps and tolerances
OF_ITSELF = ("criteria", "entry", "exit_rule", "reentry_days", "catch_up_days")


def content_hash(version: StrategyVersion) -> str:
    """sha256 of what a version does; equal content has an equal hash in every installation."""
    steps = [
        [
            s.code,
            s.title,
            s.stage,
            s.stage_name,
            s.day_offset,
            s.channel,
            s.template_code,
            s.pay_within_days,
            s.kind,
            s.silent_days,
            s.department_id,
        ]
        for s in version.steps.order_by("day_offset", "code")
    ]
    rules_of_it = [getattr(version, name) for name in OF_ITSELF]
    text = json.dumps(
        [version.strategy.code, version.tolerances, steps, rules_of_it],
        ensure_ascii=False,
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def create_strategy(
    *,
    code: str,
    name: str,
    actor,
    creditor: Creditor | None = None,
    portfolio: Portfolio | None = None,
    payer_types: Sequence[str] = (),
    priority: int = 100,
) -> Strategy:
    """Make a strategy without versions; it treats nobody until one is approved. Raises StrategyCodeTaken."""
    require(actor, rules.EDIT)
    if Strategy.objects.filter(code=code).exists():
        raise StrategyCodeTaken(
            _("Another strategy is called %(code)s.") % {"code": code}, field="code"
        )
    strategy = Strategy.objects.create(
        code=code,
        name=name,
        creditor=creditor or (portfolio.creditor if portfolio else None),
        portfolio=portfolio,
        segment={"payer_types": sorted(payer_types)} if payer_types else {},
        priority=priority,
    )
    audit.record(
        "strategy.created", strategy, actor=actor, after={"code": code, "priority": priority}
    )
    return strategy


@transaction.atomic
def draft_version(*, strategy: Strategy, actor, as_of: date) -> StrategyVersion:
    """A new draft that begins as a copy of the newest version; an open draft is returned as it is."""
    require(actor, rules.EDIT)
    Strategy.objects.select_for_update().get(pk=strategy.pk)
    draft = strategy.versions.filter(status=VersionStatus.DRAFT).first()
    if draft is not None:
        return draft
    # not one that was discarded: what it said is what somebody wanted gone
    discarded = Q(status=VersionStatus.RETIRED, approved_by=None)
    newest = strategy.versions.exclude(discarded).order_by("-number").first()
    number = (strategy.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = StrategyVersion.objects.create(
        strategy=strategy,
        number=number,
        tolerances=newest.tolerances if newest else {},
        made_by=actor,
        **({name: getattr(newest, name) for name in OF_ITSELF} if newest else {}),
    )
    if version.criteria is None:
        version.criteria = rules.clean_criteria(strategy.segment)
        version.save(update_fields=["criteria"])
    STRATEGY_VERSION.start(version, actor=actor, as_of=as_of)
    if newest is not None:
        steps = [_as_new_step(step) for step in newest.steps.order_by("day_offset")]
        version.replace_steps(asdict(step) for step in steps)
    _seal(version)
    audit.record("strategy.drafted", version, actor=actor, after={"number": number})
    return version


def _as_new_step(step: StrategyStep) -> NewStep:
    return NewStep(**{field.name: getattr(step, field.name) for field in fields(NewStep)})


def _seal(version: StrategyVersion) -> None:
    version.content_hash = content_hash(version)
    version.save(update_fields=["content_hash"])


def _check_products(products: Sequence[str]) -> None:
    """A product is what accounts say it is; in a book that names none yet any may be meant."""
    if not products or not (strange := unknown_products(products)):
        return
    if known := some_products():
        raise rules.StrategyIncomplete(
            _("No account has the product %(word)s. Products of accounts: %(known)s.")
            % {"word": strange[0], "known": ", ".join(known)},
            field="products",
        )


@transaction.atomic
def save_version(
    *,
    version: StrategyVersion,
    steps: Sequence[NewStep],
    actor,
    tolerances: Mapping[str, str] | None = None,
    note: str = "",
    **said,
) -> StrategyVersion:
    """Replace the steps of a draft. Who saved last is its maker, so somebody else must approve.

    `said` may hold criteria, entry, exit_rule, reentry_days and catch_up_days; what it does not
    hold stays as it was.
    """
    require(actor, rules.EDIT)
    version = StrategyVersion.objects.select_for_update().get(pk=version.pk)
    if version.status != VersionStatus.DRAFT:
        raise rules.NotADraft(_("This version is no longer a draft. Draft a new one."))
    rules.check_steps(steps)
    if len({step.code for step in steps}) != len(steps):
        raise rules.StrategyIncomplete(_("Two steps have the same code."))
    before = version.content_hash
    version.replace_steps(asdict(step) for step in steps)
    version.tolerances = rules.clean_tolerances(tolerances or {})
    version.note = note
    version.made_by = actor
    if "criteria" in said:
        said["criteria"] = rules.clean_criteria(said["criteria"])
        _check_products(said["criteria"].get("products", []))
    for name, value in said.items():
        if name not in OF_ITSELF:
            raise TypeError(f"A version has no {name}.")
        setattr(version, name, value)
    version.save(update_fields=["tolerances", "note", "made_by", *OF_ITSELF])
    _seal(version)
    audit.record(
        "strategy.changed",
        version,
        actor=actor,
        before={"content_hash": before},
        after={"content_hash": version.content_hash},
        reason=note,
    )
    return version


@transaction.atomic
def submit_version(*, version: StrategyVersion, actor, as_of: date) -> StrategyVersion:
    """Ask for approval; refused while a step lacks what it needs (an approved text, a channel)."""
    rules.check_steps(list(version.steps.all()))
    version_submitted.send(StrategyVersion, version=version)
    return STRATEGY_VERSION.advance(version, to=VersionStatus.SUBMITTED, actor=actor, as_of=as_of)


@transaction.atomic
def approve_version(
    *,
    version: StrategyVersion,
    actor,
    as_of: date,
    valid_from: date | None = None,
    in_flight: str = InFlight.MOVE,
    signed_result: str = "",
) -> StrategyVersion:
    """Put a version in force from a day (today when none is named); another than its maker does it.

    `in_flight` says what becomes of accounts under way; `signed_result` is the hash of the what-if the
    approver has seen, which higher floors ask for. Raises ContentHasChanged.
    """
    require(actor, rules.APPROVE)
    rules.check_two_people(version, actor)
    if content_hash(version) != version.content_hash:
        raise ContentHasChanged(
            _("The steps are not those that were submitted. Draft a new version.")
        )
    version_submitted.send(StrategyVersion, version=version)
    version_approved.send(
        StrategyVersion,
        version=version,
        signed_result=signed_result,
        in_flight=in_flight,
        actor=actor,
        as_of=as_of,
    )
    return STRATEGY_VERSION.advance(
        version,
        to=VersionStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        valid_from=max(valid_from or as_of, as_of),
        approved_by=actor,
        approved_at=clock.now(),
        in_flight=in_flight,
        signed_result=signed_result,
    )


@transaction.atomic
def reject_version(*, version: StrategyVersion, reason: str, actor, as_of: date) -> StrategyVersion:
    """Send a version back for good; its maker drafts a new one."""
    rules.check_two_people(version, actor)
    return STRATEGY_VERSION.advance(
        version, to=VersionStatus.REJECTED, actor=actor, as_of=as_of, reason=reason
    )


@transaction.atomic
def retire_version(*, version: StrategyVersion, reason: str, actor, as_of: date) -> StrategyVersion:
    """Take a version out of force; the version before it binds again, if one was approved."""
    return STRATEGY_VERSION.advance(
        version, to=VersionStatus.RETIRED, actor=actor, as_of=as_of, reason=reason
    )


@transaction.atomic
def roll_back(*, version: StrategyVersion, reason: str, actor, as_of: date) -> list[int]:
    """Let this earlier version bind again: every later one of its strategy that was approved is
    taken out of force at once. Accounts under way follow it. Returns the ids of those taken out.

    Raises NothingToRollBack where nothing later was approved or this one is not approved itself.
    """
    require(actor, rules.APPROVE)
    Strategy.objects.select_for_update().get(pk=version.strategy_id)
    later = later_versions(version)
    if version.status != VersionStatus.APPROVED or not later:
        raise NothingToRollBack(
            _("No later version was approved, so this is where the strategy stands already.")
        )
    for row in later:
        STRATEGY_VERSION.advance(
            row, to=VersionStatus.RETIRED, actor=actor, as_of=as_of, reason=reason
        )
    audit.record(
        "strategy.rolled_back",
        version,
        actor=actor,
        after={"taken_out": [row.number for row in later]},
        reason=reason,
    )
    return [row.pk for row in later]


@transaction.atomic
def discard_version(*, version: StrategyVersion, actor, as_of: date) -> StrategyVersion:
    """Give up a draft, begun by mistake for one; it stays in the history, and the next draft begins anew
    from what was there before. Raises NotADraft."""
    require(actor, rules.EDIT)
    if version.status != VersionStatus.DRAFT:
        raise rules.NotADraft(_("This version is no longer a draft. Draft a new one."))
    return STRATEGY_VERSION.advance(version, to=VersionStatus.RETIRED, actor=actor, as_of=as_of)
