"""One account on its strategy's ladder: the stage it is in and what became of each step."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.ledger.models import Account
from campaigns.strategies import rules
from campaigns.strategies.enums import stage_words
from campaigns.treatment.ladders import RungState, ladder_of
from campaigns.web.strategy_words import offset_text
from collections_app.core import panels
from collections_app.core.web.parts import Action, Crumb, Figure, Section
from collections_app.core.web.tables import DateColumn, RowColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage


class RungTable(Table):
    day = RowColumn(
        lambda row, context: str(offset_text(row.step.day_offset)),
        verbose_name=gettext_lazy("Day"),
        width=132,
    )
    title = TextColumn(accessor="step.title", verbose_name=gettext_lazy("Step"))
    stage = TextColumn(accessor="step.stage", verbose_name=gettext_lazy("Stage"), width=84)
    state = StatusColumn(RungState, verbose_name=gettext_lazy("Status"), width=140)
    due_on = DateColumn(verbose_name=gettext_lazy("Due"), width=108)
    taken_on = DateColumn(verbose_name=pgettext_lazy("a step", "Taken"), width=108)
    why = TextColumn(verbose_name=gettext_lazy("Why"), width=260)


class LadderPage(DetailPage):
    permission = rules.VIEW
    menu = "accounts"
    queryset = Account.objects.select_related("debtor", "standing")
    has_history = False

    def get_title(self):
        return _("Stage and steps of %(number)s") % {"number": self.object.number}

    def get_crumbs(self):
        return [
            Crumb(_("Accounts"), reverse("accounts:account_list")),
            Crumb(self.object.number, reverse("accounts:account_detail", args=[self.object.pk])),
        ]

    def get_object(self):
        found = super().get_object()
        self.ladder = ladder_of(found, as_of=self.today)
        return found

    def figures(self):
        if self.ladder is None:
            return []
        episode = self.ladder.episode
        return [
            Figure(_("Stage"), f"{self.ladder.stage} {stage_words(self.ladder.stage_name)}", size="ask"),
            Figure(_("Days past due"), max(self.ladder.days, 0)),
            Figure(
                _("Strategy"),
                f"{episode.version.strategy.name}, {episode.version.number}",
                url=reverse("campaigns:strategy_detail", args=[episode.version_id]),
            ),
            Figure(_("Status"), _("cured") if episode.cured_on else _("under way")),
        ]

    def sections(self):
        rungs = self.ladder.rungs if self.ladder is not None else []
        return [
            Section(
                _("Steps"),
                table=RungTable.draw(
                    rungs,
                    request=self.request,
                    empty_text=_("No strategy has treated this account yet."),
                ),
            )
        ]


def ladder_verb(ids, user, as_of) -> list[Action]:
    return [
        Action(
            _("Stage and steps"),
            reverse("campaigns:ladder", args=[ids[0]]),
            icon="route",
            permission=rules.VIEW,
        )
    ]


panels.register("account.verbs", order=60, provider=ladder_verb, name="treatment.verbs")
urlpatterns = [path("accounts/<int:pk>/steps/", LadderPage.as_view(), name="ladder")]
