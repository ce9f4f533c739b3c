"""The contact profiles as shipped: the law of each place as data, one module a place.

Each clause states its source and how sure it is; nothing here is legal advice. An installation
keeps them as versions in the database from its first day on (`versions.install_profiles`), and
counsel changes them there, by two people. What is learned here later comes by `renewing`.
"""

from accounts.compliance.jurisdictions.ae import CONSUMER_PROTECTION, SERVICE_CHARGES
from accounts.compliance.jurisdictions.au_rg96 import PROFILE as AUSTRALIA
from accounts.compliance.jurisdictions.in_rbi import RBI_2022, RBI_2026_DRAFT
from accounts.compliance.jurisdictions.sa_sama import SAMA_2018, SAMA_2025
from accounts.compliance.jurisdictions.shape import Shipped
from accounts.compliance.jurisdictions.uk_conc import PROFILE as UNITED_KINGDOM
from accounts.compliance.jurisdictions.us_own import PROFILE as UNITED_STATES_OWN
from accounts.compliance.jurisdictions.us_reg_f import PROFILE as UNITED_STATES

SHIPPED: tuple[Shipped, ...] = (
    UNITED_STATES,
    UNITED_STATES_OWN,
    AUSTRALIA,
    UNITED_KINGDOM,
    SAMA_2018,
    SAMA_2025,
    CONSUMER_PROTECTION,
    SERVICE_CHARGES,
    RBI_2022,
    RBI_2026_DRAFT,
)
__all__ = ["SHIPPED", "Shipped"]
