"""Loads the models of every slice for Django; nothing is defined here."""

import accounts.approvals.models  # noqa: F401
import accounts.arrangements.models  # noqa: F401
import accounts.bank.models  # noqa: F401
import accounts.cashdesk.change_models  # noqa: F401
import accounts.cashdesk.models  # noqa: F401
import accounts.cheques.custody_models  # noqa: F401
import accounts.cheques.models  # noqa: F401
import accounts.compliance.models  # noqa: F401
import accounts.contacts.models  # noqa: F401
import accounts.control.models  # noqa: F401
import accounts.deposits.models  # noqa: F401
import accounts.disputes.models  # noqa: F401
import accounts.hardship.models  # noqa: F401
import accounts.holds.models  # noqa: F401
import accounts.imports.models  # noqa: F401
import accounts.interest.models  # noqa: F401
import accounts.irregularities.models  # noqa: F401
import accounts.ledger.models  # noqa: F401
import accounts.parties.models  # noqa: F401
import accounts.payments.models  # noqa: F401
import accounts.policies.models  # noqa: F401
import accounts.returns.models  # noqa: F401
import accounts.tasks.models  # noqa: F401
import accounts.teams.models  # noqa: F401
