"""What a draft would do beside what is in force: tried out by a job, looked at, signed."""

from datetime import timedelta

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.models import Debtor
from campaigns.simulation import rules
from campaigns.simulation.enums import LONGEST_DAYS, QUARTER
from campaigns.simulation.jobs import SimulateStrategy
from campaigns.simulation.models import WhatIf
from campaigns.simulation.services import order_what_if, what_if_to_sign
from campaigns.strategies.enums import InFlight, VersionStatus
from campaigns.strategies.models import StrategyVersion
from campaigns.web.what_if_accounts import ChangedAccountsPage, rule_word, what_word
from campaigns.web.what_if_figures import (
    CSS,
    CostTable,
    LoadTable,
    PairTable,
    PressedTable,
    busiest_day,
    contacts_plot,
    cost_rows,
    pairs,
)
from campaigns.web.what_if_refused import RefusedStepsPage
from collections_app.core.models import User
from collections_app.core.web.figures import count_text, day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.views import ActionPage, DetailPage

AHEAD, BACK = "ahead", "back"
USUAL_DAYS = 30


# ---- on the strategy's own page ----


def what_if_actions(version: StrategyVersion) -> list[Action]:
    if version.status not in (VersionStatus.DRAFT, VersionStatus.SUBMITTED):
        return []
    return [
        Action(
            _("Try it out"),
            reverse("campaigns:what_if_new", args=[version.pk]),
            icon="player-play",
            permission=rules.RUN,
        )
    ]


def what_if_sections(version: StrategyVersion, user) -> list[Section]:
    """The what-ifs of a version, and what became of the one that was signed."""
    found = list(version.what_ifs.filter(finished_at__isnull=False).order_by("-id"))
    if not found and version.status not in (VersionStatus.DRAFT, VersionStatus.SUBMITTED):
        return []
    to_sign = what_if_to_sign(version)
    facts = []
    for made in found:
        label = _("%(days)s days from %(day)s") % {"days": made.days, "day": day_text(made.first_day)}
        if made.result_hash == version.signed_result:
            note = _("signed")
        elif to_sign == made:
            note = _("of these steps")
        else:
            note = _("back") if not made.is_ahead else _("of earlier steps")
        facts.append(
            Fact(label, _("Look at it"), url=reverse("campaigns:what_if", args=[made.pk]), note=note)
        )
        if made.result_hash == version.signed_result:
            facts.append(
                Fact(
                    _("What became of it"),
                    _("Foretold and come"),
                    url=reverse("campaigns:what_if_outcome", args=[made.pk]),
                )
            )
    if not facts:
        facts = [Fact(_("Not tried out yet"), _("it cannot be approved before"))]
    return [Section(_("What it would do"), facts=facts)]


# ---- ordering one ----


class NewWhatIfForm(forms.Form):
    direction = forms.ChoiceField(
        label=gettext_lazy("Which days"),
        choices=[
            (AHEAD, gettext_lazy("Days ahead, on the book as it is")),
            (BACK, gettext_lazy("Back over the last quarter, as it was")),
        ],
    )
    first_day = DayField(label=gettext_lazy("First day ahead"))
    days = forms.IntegerField(
        label=gettext_lazy("Days ahead"), min_value=1, max_value=LONGEST_DAYS, initial=USUAL_DAYS
    )
    in_flight = forms.ChoiceField(
        label=gettext_lazy("Accounts under way"), choices=InFlight.choices
    )


class NewWhatIfPage(ActionPage):
    permission = rules.RUN
    menu = "strategies"
    title = gettext_lazy("Try a strategy out")
    button = gettext_lazy("Try it out")
    form_class = NewWhatIfForm
    queryset = StrategyVersion.objects.filter(
        status__in=[VersionStatus.DRAFT, VersionStatus.SUBMITTED]
    ).select_related("strategy")

    def get_initial(self):
        return {"first_day": self.today + timedelta(days=1), "days": USUAL_DAYS}

    def consequence(self):
        return _(
            "Each day of the book is run as it would be, with the draft and without. Nothing is "
            "written and nothing is sent. It takes about a minute for 100,000 accounts."
        )

    def perform(self, form):
        said = form.cleaned_data
        is_back = said["direction"] == BACK
        what_if = order_what_if(
            version=self.object,
            first_day=self.today - timedelta(days=QUARTER) if is_back else said["first_day"],
            days=QUARTER if is_back else said["days"],
            in_flight=said["in_flight"],
            actor=self.request.user,
            as_of=self.today,
        )
        return SimulateStrategy.enqueue_once(
            scope=str(what_if.pk), params={"what_if": what_if.pk}, actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("campaigns:strategy_detail", args=[self.object.pk])


# ---- looking at one ----


class WhatIfPage(DetailPage):
    permission = rules.VIEW
    menu = "strategies"
    template_name = "campaigns/what_if.html"
    queryset = WhatIf.objects.filter(finished_at__isnull=False).select_related(
        "version__strategy", "made_by"
    )
    has_history = False

    def get_title(self):
        return _("What %(name)s, version %(number)s would do") % {
            "name": self.object.version.strategy.name,
            "number": self.object.version.number,
        }

    def get_lead(self):
        made = self.object
        last = made.first_day + timedelta(days=made.days - 1)
        said = _("%(first)s to %(last)s, on %(n)s open accounts; made by %(who)s.") % {
            "first": day_text(made.first_day),
            "last": day_text(last),
            "n": count_text(made.result["accounts"]),
            "who": made.made_by,
        }
        if made.is_ahead:
            return said
        return said + " " + _("Both sides begin on the first day, with every account at its day.")

    def get_crumbs(self):
        return [
            Crumb(_("Strategies"), reverse("campaigns:strategy_list")),
            Crumb(
                str(self.object.version.strategy.name),
                reverse("campaigns:strategy_detail", args=[self.object.version_id]),
            ),
        ]

    def get_head_actions(self):
        return [
            *what_if_actions(self.object.version),
            Action(
                _("Accounts treated differently"),
                reverse("campaigns:what_if_accounts", args=[self.object.pk]),
                icon="list",
            ),
        ]

    def figures(self):
        result = self.object.result
        live, draft = result["live"], result["draft"]
        return [
            Figure(
                _("Contacts of the draft"),
                count_text(draft["contacts"]),
                note=_("%(n)s in force") % {"n": count_text(live["contacts"])},
                size="ask",
            ),
            Figure(
                _("Accounts treated differently"),
                count_text(result["changed"]),
                url=reverse("campaigns:what_if_accounts", args=[self.object.pk]),
            ),
            Figure(
                _("Refused by the contact rules"),
                count_text(sum(draft["refused"].values())),
                url=reverse("campaigns:what_if_refused", args=[self.object.pk]),
                note=_("%(n)s in force") % {"n": count_text(sum(live["refused"].values()))},
            ),
        ]

    def get_context_data(self, **kwargs):
        result = self.object.result
        busiest = max(busiest_day(result["live"]), busiest_day(result["draft"]))
        return super().get_context_data(
            plots=[
                contacts_plot(_("Contacts a day, in force"), result["live"], self.object, busiest),
                contacts_plot(_("Contacts a day, draft"), result["draft"], self.object, busiest),
            ],
            legend=[
                (css, what_word(code))
                for code, css in CSS.items()
                if code in result["live"]["totals"] or code in result["draft"]["totals"]
            ],
            **kwargs,
        )

    def sections(self):
        result = self.object.result
        live, draft = result["live"], result["draft"]
        draw = {"request": self.request, "tight": True}
        found = [
            Section(
                _("By channel"),
                table=PairTable.draw(pairs(live["totals"], draft["totals"], what_word), **draw),
            )
        ]
        loads = self._loads(live["officers"], draft["officers"])
        if loads:
            found.append(
                Section(
                    _("Work for officers"),
                    note=_("calls and visits"),
                    table=LoadTable.draw(loads, **draw),
                )
            )
        if live["refused"] or draft["refused"]:
            found.append(
                Section(
                    _("What the contact rules would refuse"),
                    table=PairTable.draw(pairs(live["refused"], draft["refused"], rule_word), **draw),
                )
            )
        found.append(
            Section(
                _("Contacts a debtor"),
                note=_("debtors by how often they would be contacted"),
                table=PairTable.draw(
                    pairs(live["per_debtor"], draft["per_debtor"], str, key=int), **draw
                ),
            )
        )
        costs = cost_rows(result)
        if costs:
            found.append(
                Section(
                    _("Cost"),
                    note=_("by the policy “Contact: cost”"),
                    table=CostTable.draw(costs, **draw),
                )
            )
        pressed = self._pressed()
        if pressed:
            found.append(
                Section(
                    _("Contacted most"),
                    note=_("hardship first"),
                    table=PressedTable.draw(pressed, **draw),
                )
            )
        return found

    def side(self):
        made = self.object
        facts = [
            Fact(_("Signature"), made.result_hash[:16]),
            Fact(_("Steps"), made.content_hash[:16]),
            Fact(_("Accounts under way"), made.get_in_flight_display()),
        ]
        if made.version.signed_result == made.result_hash:
            facts.append(
                Fact(
                    _("What became of it"),
                    _("Foretold and come"),
                    url=reverse("campaigns:what_if_outcome", args=[made.pk]),
                )
            )
        return [
            Section(_("What is signed"), facts=facts),
            Section(_("What it cannot know"), template="campaigns/what_if_limits.html"),
        ]

    def _loads(self, live: dict, draft: dict) -> list[dict]:
        ids = sorted({*live, *draft}, key=int)
        names = {str(user.pk): user for user in User.objects.filter(pk__in=ids)}
        rows = [
            {
                "name": str(names.get(pk, pk)),
                "live": live.get(pk, {}).get("total", 0),
                "draft": draft.get(pk, {}).get("total", 0),
                "busiest": draft.get(pk, {}).get("busiest", 0),
            }
            for pk in ids
        ]
        return sorted(rows, key=lambda row: (-row["draft"], row["name"]))

    def _pressed(self) -> list[dict]:
        rows = self.object.result["pressure"][:20]
        seen = Debtor.objects.visible_to(self.request.user).filter(pk__in=[row[0] for row in rows])
        names = dict(seen.values_list("pk", "name"))
        return [
            {
                "pk": pk,
                "name": names[pk],
                "contacts": contacts,
                "hardship": _("Hardship") if is_hard else "",
            }
            for pk, contacts, is_hard in rows
            if pk in names
        ]


urlpatterns = [
    path("strategies/<int:pk>/try/", NewWhatIfPage.as_view(), name="what_if_new"),
    path("what-ifs/<int:pk>/", WhatIfPage.as_view(), name="what_if"),
    path("what-ifs/<int:pk>/accounts/", ChangedAccountsPage.as_view(), name="what_if_accounts"),
    path("what-ifs/<int:pk>/refused/", RefusedStepsPage.as_view(), name="what_if_refused"),
]
