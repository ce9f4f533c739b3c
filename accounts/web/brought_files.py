"""What pages about a file that somebody brought share, whether a bank's statements or its returns."""

from django.urls import reverse

from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage


class BroughtFileVerb(ActionPage):
    """A form about one file that leads back to its page.

    `noun` begins the names of its addresses (`accounts:<noun>_list`, `_detail`), `list_title` is what
    its list is called.
    """

    noun = ""
    list_title = ""

    def get_crumbs(self):
        return [
            Crumb(self.list_title, reverse(f"accounts:{self.noun}_list")),
            Crumb(self.object.name, self.file_url()),
        ]

    def file_url(self) -> str:
        return reverse(f"accounts:{self.noun}_detail", args=[self.object.pk])

    def get_success_url(self, result):
        return self.file_url()

    def get_cancel_url(self):
        return self.file_url()
