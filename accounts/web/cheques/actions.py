"""Which verbs a cheque's page offers, from its status, its paper and the user's right."""

from accounts.cheques.models import Cheque
from collections_app.core.web.parts import Action


def verbs_of(cheque: Cheque, user) -> list[Action]:
    return []
