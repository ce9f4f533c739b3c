"""Installs the reasons of each scheme when an installation is prepared."""

from accounts.returns.reasons import install_reasons
from collections_app.core import prepare

prepare.register("return reasons", install_reasons)
