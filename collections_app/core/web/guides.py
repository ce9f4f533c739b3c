"""The guides inside the product."""

from django.http import Http404
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core import guides
from collections_app.core.enums import Role
from collections_app.core.web.pages import SIGNED_IN, PageView

BY_ROLE = {
    Role.ADMINISTRATOR: "first-day",
    Role.SUPERVISOR: "supervisors",
    Role.MANAGER: "managers",
    Role.AUDITOR: "managers",
}


class Guide(PageView):
    """One guide; without a name the one that fits the reader's role."""

    permission = SIGNED_IN
    template_name = "core/guide.html"
    lead = _("What the buttons do and why, in the order of the day.")

    @property
    def name(self) -> str:
        name = self.kwargs.get("name") or BY_ROLE.get(self.request.user.role, "officers")
        if name not in guides.GUIDES:
            raise Http404(translate("There is no guide of that name."))
        return name

    def get_title(self):
        return guides.GUIDES[self.name]

    def get_context_data(self, **kwargs):
        others = [
            (title, reverse("core:guide", args=[name]), name == self.name)
            for name, title in guides.GUIDES.items()
        ]
        return super().get_context_data(
            guide=mark_safe(guides.html_of(self.name)),  # noqa: S308 escaped there
            others=others,
            **kwargs,
        )
