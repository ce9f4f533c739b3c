"""Loads the models of every slice for Django; nothing is defined here."""

import reports.closing.models  # noqa: F401
import reports.reviews.models  # noqa: F401
