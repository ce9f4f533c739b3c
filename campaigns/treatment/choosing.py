"""Which strategy takes an account, as an expression over the table `treated` of a pass.

A handful of strategies against a million accounts: one CASE, most particular first, costs one pass
over the table where a join and a sort of all pairs would cost several.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.strategies.enums import Risk
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import criteria_of

RISK = f"""CASE WHEN t.setbacks >= 2 THEN '{Risk.HIGH}' WHEN t.setbacks = 1 THEN '{Risk.RAISED}'
    ELSE '{Risk.LOW}' END"""


def asks_for_risk(versions: Sequence[StrategyVersion]) -> bool:
    return any(criteria_of(version).get("risk") for version in versions)


def choice_sql(
    versions: Sequence[StrategyVersion], *, creditor_ids: Sequence[int]
) -> tuple[str, dict[str, Any]]:
    """An expression on `t` that is the version's id or NULL, and its parameters.

    `versions` are those in force, most particular first; only those for these creditors count.
    """
    cases, params = [], {}
    for place, version in enumerate(versions):
        strategy = version.strategy
        if strategy.creditor_id not in (None, *creditor_ids):
            continue
        conditions = _conditions(f"c{place}", version, params)
        if strategy.creditor_id is not None and len(creditor_ids) > 1:
            params[f"c{place}_creditor"] = strategy.creditor_id
            conditions.append(f"t.creditor_id = %(c{place}_creditor)s")
        params[f"c{place}"] = version.pk
        cases.append(f"WHEN {' AND '.join(conditions) or 'TRUE'} THEN %(c{place})s::bigint")
    return f"CASE {' '.join(cases)} END" if cases else "NULL::bigint", params


def _conditions(name: str, version: StrategyVersion, params: dict[str, Any]) -> list[str]:
    found = []
    if version.strategy.portfolio_id is not None:
        params[f"{name}_portfolio"] = version.strategy.portfolio_id
        found.append(f"t.portfolio_id = %({name}_portfolio)s")
    criteria = criteria_of(version)
    for key, column in (("payer_types", "t.payer_type"), ("products", "t.product"), ("risk", RISK)):
        if words := criteria.get(key):
            params[f"{name}_{key}"] = list(words)
            found.append(f"{column} = ANY(%({name}_{key})s::text[])")
    for key, sign in (("amount_from", ">="), ("amount_below", "<")):
        if amounts := criteria.get(key):
            found.append(_amount(f"{name}_{key}", sign, amounts, params))
    return found


def _amount(name: str, sign: str, amounts: Mapping[str, str], params: dict[str, Any]) -> str:
    """The balance against the amount of its currency; a currency that is not named is not taken."""
    cases = []
    for place, (currency, amount) in enumerate(sorted(amounts.items())):
        params |= {f"{name}_{place}c": currency, f"{name}_{place}a": amount}
        cases.append(
            f"WHEN %({name}_{place}c)s THEN t.balance {sign} %({name}_{place}a)s::numeric"
        )
    return f"CASE t.currency {' '.join(cases)} ELSE FALSE END"
