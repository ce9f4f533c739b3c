"""What was foretold and signed, and what came of it."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.ledger.models import Account
from campaigns.simulation import rules
from campaigns.simulation.models import WhatIf
from campaigns.simulation.outcome import REASONS, outcome_of
from campaigns.web.what_if_accounts import what_word
from collections_app.core.web.figures import count_text, day_text
from collections_app.core.web.parts import Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage

SHOWN = 200


class DifferenceTable(Table):
    number = LinkColumn(
        "accounts:account_detail",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
        width=140,
        phone=True,
    )
    title = TextColumn(verbose_name=gettext_lazy("Step"))
    what = RowColumn(
        lambda row, context: what_word(row.channel or row.kind),
        verbose_name=gettext_lazy("What"),
        width=124,
    )
    foretold = DateColumn(verbose_name=gettext_lazy("Foretold"), width=108)
    came = DateColumn(verbose_name=gettext_lazy("Came"), width=108)
    why = TextColumn(verbose_name=gettext_lazy("Why"), width=260, phone=True)


class OutcomePage(DetailPage):
    permission = rules.VIEW
    menu = "strategies"
    queryset = WhatIf.objects.filter(
        finished_at__isnull=False, version__valid_from__isnull=False
    ).select_related("version__strategy")
    has_history = False

    def get_title(self):
        return _("Foretold and come: %(name)s, version %(number)s") % {
            "name": self.object.version.strategy.name,
            "number": self.object.version.number,
        }

    def get_crumbs(self):
        return [
            Crumb(
                str(self.object.version.strategy.name),
                reverse("campaigns:strategy_detail", args=[self.object.version_id]),
            ),
            Crumb(_("What it would do"), reverse("campaigns:what_if", args=[self.object.pk])),
        ]

    def get_object(self):
        found = super().get_object()
        self.outcome = outcome_of(found, as_of=self.today)
        return found

    def get_lead(self):
        if self.outcome.as_of < self.object.first_day:
            return _("Nothing was to come yet; its first day is %(day)s.") % {
                "day": day_text(self.object.first_day)
            }
        return _("Steps from %(first)s to %(last)s.") % {
            "first": day_text(self.object.first_day),
            "last": day_text(self.outcome.as_of),
        }

    def figures(self):
        outcome = self.outcome
        return [
            Figure(_("Steps foretold"), count_text(outcome.foretold), size="ask"),
            Figure(_("Steps that came"), count_text(outcome.came)),
            Figure(_("As foretold, to the day"), count_text(outcome.as_foretold)),
            Figure(_("Explained by what happened since"),
                   count_text(len(outcome.differences) - outcome.unexplained)),
            Figure(_("Not explained"), count_text(outcome.unexplained)),
        ]  # fmt: skip

    def sections(self):
        wanted = self.request.GET.get("reason", "")
        seen = set(
            Account.objects.visible_to(self.request.user)
            .filter(pk__in={row.account_id for row in self.outcome.differences})
            .values_list("pk", flat=True)
        )
        rows = [
            row
            for row in self.outcome.differences
            if row.account_id in seen and wanted in ("", row.reason)
        ]
        rows.sort(key=lambda row: row.reason != "unexplained")
        note = ngettext("%(n)s step", "%(n)s steps", len(rows)) % {"n": count_text(len(rows))}
        if len(rows) > SHOWN:
            note = _("the first %(shown)s of %(n)s steps") % {
                "shown": SHOWN,
                "n": count_text(len(rows)),
            }
        return [
            Section(
                _("What came otherwise"),
                note=note,
                table=DifferenceTable.draw(
                    rows[:SHOWN],
                    request=self.request,
                    empty_text=_("All steps came on the day foretold."),
                ),
            )
        ]

    def side(self):
        facts = [
            Fact(REASONS[reason], count_text(number), url=f"?reason={reason}")
            for reason, number in self.outcome.by_reason.items()
        ]
        return [Section(_("Why"), facts=facts or [Fact(_("Nothing differs"), "–")])]


urlpatterns = [path("what-ifs/<int:pk>/outcome/", OutcomePage.as_view(), name="what_if_outcome")]
