"""Setting up creditors, their portfolios and calendars; merging debtor records."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor, Debtor, DebtorMerge, HolidayOverride, Portfolio
from collections_app.core import audit
from collections_app.core.money import is_known
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class CodeTaken(Refused):
    """Another creditor or portfolio has that code."""


class CurrencyUnknown(Refused):
    """Not an ISO 4217 code."""


class CannotMerge(Refused):
    """The two records can't be one debtor."""


@transaction.atomic
def save_creditor(*, actor, creditor: Creditor | None = None, teams=None, **fields: Any) -> Creditor:
    """Make or change a creditor; code and currency stay once accounts rest on them."""
    require(actor, "accounts.manage_creditor")
    known = creditor.pk if creditor else None
    if Creditor.objects.filter(code__iexact=fields["code"]).exclude(pk=known).exists():
        raise CodeTaken(_("Another creditor has that code."), field="code")
    if not is_known(fields["currency"]):
        raise CurrencyUnknown(_("No such currency. Codes have three letters, such as EUR."), field="currency")
    before = {name: getattr(creditor, name) for name in fields} if creditor else {}
    creditor = creditor or Creditor()
    for name, value in fields.items():
        setattr(creditor, name, value)
    creditor.save()
    if teams is not None:
        creditor.teams.set(teams)
        fields = {**fields, "teams": [team.pk for team in teams]}
    audit.record("creditor.saved", creditor, actor=actor, before=before, after=fields)
    return creditor


@transaction.atomic
def save_portfolio(
    *, creditor: Creditor, actor, portfolio: Portfolio | None = None, **fields: Any
) -> Portfolio:
    """Make or change a portfolio of a creditor."""
    require(actor, "accounts.manage_creditor")
    known = portfolio.pk if portfolio else None
    if creditor.portfolios.filter(code__iexact=fields["code"]).exclude(pk=known).exists():
        raise CodeTaken(_("This creditor has a portfolio with that code."), field="code")
    portfolio = portfolio or Portfolio(creditor=creditor)
    for name, value in fields.items():
        setattr(portfolio, name, value)
    portfolio.save()
    audit.record("portfolio.saved", portfolio, actor=actor, after=fields)
    return portfolio


@transaction.atomic
def set_holiday(*, creditor: Creditor, day: date, name: str, is_business_day: bool, actor) -> HolidayOverride:
    """Say of one day that it is, or is not, a business day of the creditor."""
    require(actor, "accounts.manage_creditor")
    override, _made = HolidayOverride.objects.update_or_create(
        creditor=creditor, day=day, defaults={"name": name, "is_business_day": is_business_day}
    )
    after = {"creditor": creditor.pk, "day": day, "is_business_day": is_business_day}
    audit.record("holiday.set", override, actor=actor, after=after)
    return override


@transaction.atomic
def remove_holiday(*, override: HolidayOverride, actor) -> None:
    require(actor, "accounts.manage_creditor")
    before = {"day": override.day, "is_business_day": override.is_business_day}
    audit.record("holiday.removed", override, actor=actor, before=before)
    override.delete()


@transaction.atomic
def merge_debtors(*, debtor: Debtor, root: Debtor, reason: str, actor, as_of: date) -> DebtorMerge:
    """Say that `debtor` is the same as `root`, of the same creditor. No row is moved.

    What points at `debtor` stays there; pages and the gate read both as one. Undone by `undo_merge`.
    """
    require(actor, "accounts.merge_debtors")
    locked = {
        row.pk: row
        for row in Debtor.objects.select_for_update().filter(pk__in=[debtor.pk, root.pk]).order_by("pk")
    }
    debtor, root = locked[debtor.pk], locked[root.pk]
    if debtor.creditor_id != root.creditor_id:
        raise CannotMerge(_("They belong to two creditors; nothing crosses that wall."), field="root")
    if debtor.pk == root.pk:
        raise CannotMerge(_("Choose another record."), field="root")
    if root.merged_into_id:
        raise CannotMerge(_("That record is merged itself; choose the one it stands for."), field="root")
    if debtor.merged_into_id:
        raise CannotMerge(_("This record is merged already; take that merge back first."))
    if debtor.merged.exists():
        raise CannotMerge(_("Other records are merged into this one; merge those first."))
    merge = DebtorMerge.objects.create(
        debtor=debtor, root=root, effective_date=as_of, reason=reason, actor=actor
    )
    Debtor.objects.filter(pk=debtor.pk).update(merged_into=root)
    audit.record("debtor.merged", debtor, actor=actor, after={"root": root.pk}, reason=reason)
    return merge


@transaction.atomic
def undo_merge(*, debtor: Debtor, reason: str, actor, as_of: date) -> DebtorMerge:
    """Take a merge back: the two records stand apart again, nothing lost."""
    require(actor, "accounts.merge_debtors")
    debtor = Debtor.objects.select_for_update(of=("self",)).get(pk=debtor.pk)
    merge = debtor.merges.filter(undoes__isnull=True, undone_by__isnull=True).order_by("-id").first()
    if merge is None:
        raise CannotMerge(_("This record is not merged."))
    undone = DebtorMerge.objects.create(
        debtor=debtor, root_id=merge.root_id, effective_date=as_of, undoes=merge, reason=reason, actor=actor
    )
    Debtor.objects.filter(pk=debtor.pk).update(merged_into=None)
    audit.record("debtor.unmerged", debtor, actor=actor, before={"root": merge.root_id}, reason=reason)
    return undone
