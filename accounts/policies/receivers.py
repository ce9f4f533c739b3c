"""Installs the defaults when an installation is prepared; bounds exports by the dated rule."""

from datetime import date

from accounts.policies.queries import policy
from accounts.policies.services import install_defaults
from collections_app.core import export_limits, prepare


def rows_allowed(role: str, as_of: date) -> int:
    """Rows a role may take out in one file; a role without a row takes nothing."""
    return policy("export_limit", as_of=as_of).get(role, 0)


export_limits.register(rows_allowed)

prepare.register("policies", install_defaults)
