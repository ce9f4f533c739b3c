"""The page that explains the words of the trade."""

from django.utils.translation import gettext_lazy as _

from collections_app.core import glossary
from collections_app.core.web.pages import SIGNED_IN, PageView


class Glossary(PageView):
    permission = SIGNED_IN
    title = _("Glossary")
    lead = _("What the words on these pages mean. The same word means the same thing everywhere.")
    template_name = "core/glossary.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(groups=glossary.grouped(), **kwargs)
