"""The release of a creditor's debtors for contact, by a manager who sees whom it reaches."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.imports import services
from accounts.imports.queries import release_preview
from accounts.parties.models import Creditor
from collections_app.core import panels
from collections_app.core.web.figures import amount_text, count_text
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ReasonPage


class CreditorReleasePage(ReasonPage):
    """Shows everybody the first run would write to or spare, and asks for a yes with its reason."""

    template_name = "accounts/creditor_release.html"
    permission = "accounts.release_creditor"
    menu = "creditors"
    queryset = Creditor.objects.filter(released_at__isnull=True)
    title = gettext_lazy("Release for contact")
    button = gettext_lazy("Release this creditor")

    def get_crumbs(self):
        return [
            Crumb(_("Creditors"), reverse("accounts:creditor_list")),
            Crumb(self.object.name, reverse("accounts:creditor_detail", args=[self.object.pk])),
        ]

    def facts(self):
        preview = release_preview(self.object, as_of=self.today)
        sums = [
            Fact(
                _("Overdue, %(currency)s") % {"currency": line.currency},
                amount_text(line.overdue, line.currency),
                note=ngettext("%(n)s debtor", "%(n)s debtors", line.debtors)
                % {"n": count_text(line.debtors)},
            )
            for line in preview.sums
        ]
        labels = {
            "email": _("Debtors with an e-mail address"),
            "phone": _("Debtors with a phone number"),
            "address": _("Debtors with a postal address"),
            "unreachable": _("Debtors nobody can reach"),
            "held": _("Debtors on hold, not contacted"),
        }
        reach = [Fact(labels[name], count_text(count)) for name, count in preview.reach.items()]
        return sums + reach

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        """With what higher floors know of it: who would get which message, who is spared and why."""
        above = panels.collect("release.main", [self.object.pk], self.request.user, self.as_of)
        return super().get_context_data(above=above, **kwargs)

    def consequence(self):
        return _(
            "From now on reminders and campaigns may reach the debtors of %(creditor)s who are overdue."
        ) % {"creditor": self.object.name}

    def perform(self, form):
        return services.release_creditor(
            creditor=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.pk])
