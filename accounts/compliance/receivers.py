"""Installs the contact profiles when an installation is prepared, and renews those it keeps."""

from accounts.compliance.renewing import renew_profiles
from accounts.compliance.versions import install_profiles
from collections_app.core import clock, prepare


def renew() -> None:
    renew_profiles(as_of=clock.today())


prepare.register("contact profiles", install_profiles)
prepare.register("contact profiles as they are shipped now", renew)
