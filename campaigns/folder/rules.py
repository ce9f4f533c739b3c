"""Who may open a debtor's folder, and who may put a paper into it."""

from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Debtor
from campaigns.folder.models import FiledPaper
from collections_app.core import audit
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare
from collections_app.core.refusal import Refused

VIEW = declare("campaigns.view_folder", _("See a debtor's correspondence"), OFFICE)
FILE = declare("campaigns.file_paper", _("File a paper that came in"), OFFICE - {Role.AUDITOR})


class PaperRefused(Refused):
    """The paper can't be filed so."""


def _may_read_paper(user, file) -> bool:
    """Who sees the debtor sees his papers."""
    return Debtor.objects.visible_to(user).filter(filed_papers__document=file).exists()


register_reader("campaigns.filedpaper", _may_read_paper)
audit.sealed(FiledPaper)
