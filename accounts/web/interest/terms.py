"""The terms in force: what is charged for which creditor, with the way to propose a change."""

from datetime import date
from decimal import Decimal

from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.interest.enums import ChargeKind
from accounts.interest.rules import VIEW_RUNS
from accounts.interest.sheet import percent_text
from accounts.policies.charging import PERCENT
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.rules import PROPOSE_POLICY
from accounts.web.policies import policies_seen_by, scope_names, scope_text
from collections_app.core.money import format_amount
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Crumb, Section
from collections_app.core.web.tables import LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import PageView


def charged_words(values: dict, as_of: date) -> str:
    """What a version charges: a rate with the day from which it holds, or what falls due at which age."""
    said = [
        _("%(rate)s a year from %(day)s")
        % {"rate": percent_text(Decimal(rate)), "day": day_text(date.fromisoformat(day), as_of)}
        for day, rate in sorted(values.get("rates", {}).items())
    ]
    for days, charges in sorted(values.get("steps", {}).items(), key=lambda step: int(step[0])):
        for unit, amount in charges.items():
            what = (
                _("%(rate)s of what is open") % {"rate": percent_text(Decimal(amount))}
                if unit == PERCENT
                else f"{unit} {format_amount(Decimal(amount), unit, get_language() or 'en')}"
            )
            said.append(
                ngettext("%(what)s after %(n)s day", "%(what)s after %(n)s days", int(days))
                % {"what": what, "n": days}
            )
    return "; ".join(said) or _("nothing")


class TermsTable(Table):
    since = LinkColumn(
        "accounts:policy_detail",
        text="since",
        arg="id",
        verbose_name=gettext_lazy("From"),
        width=140,
        phone=True,
    )
    scope = TextColumn(verbose_name=gettext_lazy("For"), width=172)
    charged = TextColumn(verbose_name=gettext_lazy("Charged"), phone=True)
    posted = TextColumn(verbose_name=gettext_lazy("Posted"), width=228, muted=True)
    status = StatusColumn(PolicyStatus, verbose_name=gettext_lazy("Status"), width=172)


class TermsPage(PageView):
    permission = VIEW_RUNS
    title = gettext_lazy("Terms of interest and fees")
    lead = gettext_lazy("Rates and fees as dated rules: proposed by one person, approved by another.")
    menu = "interest"
    template_name = "generic/detail.html"

    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def get_crumbs(self):
        return [Crumb(_("Interest and fees"), reverse("accounts:interest_run_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("Propose %(what)s") % {"what": KINDS[kind].label.lower()},
                reverse("accounts:policy_new", args=[kind]),
                icon="edit",
                permission=PROPOSE_POLICY,
                primary=kind == ChargeKind.INTEREST,
            )
            for kind in reversed(ChargeKind.values)
        ]

    def rows_of(self, kind, versions, names) -> list[dict]:
        fields = {field.key: field for field in kind.fields}
        rows = []
        for version in versions:
            values = version.values
            posting = values.get("posting", "never")
            rows.append(
                {
                    "id": version.pk,
                    "since": day_text(version.valid_from, self.today),
                    "scope": scope_text(version, names),
                    "charged": charged_words(values, self.today),
                    "posted": str(fields["posting"].choices.get(posting, posting)),
                    "status": version.status,
                }
            )
        return rows

    def get_context_data(self, **kwargs):
        seen = list(
            policies_seen_by(self.request.user)
            .filter(kind__in=ChargeKind.values)
            .exclude(note="installed")
            .order_by("-valid_from", "-id")
        )
        names = scope_names(seen)
        sections = []
        for code in ChargeKind.values:
            kind = KINDS[code]
            versions = [version for version in seen if version.kind == code]
            sections.append(
                Section(
                    kind.label,
                    table=TermsTable.draw(
                        self.rows_of(kind, versions, names),
                        request=self.request,
                        caption=kind.label,
                        empty_text=_("Nothing is charged. Propose the first version."),
                    ),
                    note=kind.lead,
                )
            )
        return super().get_context_data(
            object=None,
            figures=[],
            sections=sections,
            side=[],
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


urlpatterns = [path("interest/terms/", TermsPage.as_view(), name="interest_terms")]
