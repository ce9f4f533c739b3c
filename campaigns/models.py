"""Loads the models of every slice for Django; nothing is defined here."""

import campaigns.campaign.models  # noqa: F401
import campaigns.correspondence.models  # noqa: F401
import campaigns.escalation.models  # noqa: F401
import campaigns.folder.models  # noqa: F401
import campaigns.notices.models  # noqa: F401
import campaigns.sending.models  # noqa: F401
import campaigns.simulation.models  # noqa: F401
import campaigns.statements.models  # noqa: F401
import campaigns.strategies.models  # noqa: F401
import campaigns.treatment.models  # noqa: F401
import campaigns.why_not.models  # noqa: F401
import campaigns.worklists.models  # noqa: F401
import campaigns.worsening.models  # noqa: F401
