"""Installs the contact profiles when an installation is prepared."""

from accounts.compliance.versions import install_profiles
from collections_app.core import prepare

prepare.register("contact profiles", install_profiles)
