"""Installs the defaults when an installation is prepared."""

from accounts.policies.services import install_defaults
from collections_app.core import prepare

prepare.register("policies", install_defaults)
