"""The release of a creditor's debtors for contact, by a manager who sees whom it reaches."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.imports import services
from accounts.imports.queries import release_preview
from accounts.parties.models import Creditor
from collections_app.core import panels
from collections_app.core.web.figures import amount_text, count_text
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.views import ConfirmPage


class CreditorReleasePage(ConfirmPage):
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

    def get_head_actions(self):
        address = reverse("campaigns:reminder_preview")
        return [
            Action(
                _("Who would get what"),
                f"{address}?creditor={self.object.pk}&day={self.today}",
                icon="eye",
                permission="campaigns.view_reminder_run",
            )
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
        return sums + reach + self.facts_from_above()

    def facts_from_above(self) -> list[Fact]:
        """What higher floors know of it: who would get which message today."""
        ids, user = [self.object.pk], self.request.user
        filled = panels.collect("creditor.facts", ids, user, self.as_of)
        return [fact for panel in filled for fact in panel.data]

    def consequence(self):
        return _(
            "From now on reminders and campaigns may reach the debtors of %(creditor)s who are overdue."
        ) % {"creditor": self.object.name}

    def perform(self, form):
        return services.release_creditor(creditor=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.pk])
