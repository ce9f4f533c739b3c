"""Replays: contacts of a period decided again, with what did not agree, as a page and as a file."""

from html import escape

import django_filters
from django import forms
from django.db.models import BigIntegerField, Case, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.enums import REPLAY, FindingKind, ReplayStatus, Rule
from accounts.compliance.jobs import ReplayContacts
from accounts.compliance.models import ContactReplay, ReplayFinding
from accounts.compliance.replays import order_replay
from accounts.compliance.rules import VIEW_REPLAY
from accounts.contacts.models import ContactAttempt
from accounts.holds.enums import HoldReason
from accounts.parties.enums import Channel, LegalFactKind
from accounts.web.steps import steps_section
from collections_app.core.web import navigation
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage

SHOWN = 100
WORST_FIRST = Case(
    *(When(kind=kind, then=Value(place)) for place, kind in enumerate(FindingKind.values)),
    output_field=IntegerField(),
)

navigation.register(
    "contact_replays",
    gettext_lazy("Contact proof"),
    "accounts:contact_replay_list",
    icon="shield-check",
    permission=VIEW_REPLAY,
    order=83,
    group="office",
)


def period_text(replay: ContactReplay) -> str:
    return f"{full_day_text(replay.first_day)} – {full_day_text(replay.last_day)}"


def _figure(name: str):
    """A count of the result; nothing while it runs."""

    def read(replay: ContactReplay) -> str:
        return f"{replay.figures[name]:,}" if name in replay.figures else ""

    return read


def _cell(name: str):
    read = _figure(name)
    return lambda replay, context: f'<bdi class="n">{escape(read(replay))}</bdi>'


class ReplayTable(Table):
    period = LinkColumn(
        "accounts:contact_replay_detail",
        text=period_text,
        verbose_name=gettext_lazy("Period"),
        order_by="first_day",
    )
    contacts = RowColumn(_cell("contacts"), verbose_name=gettext_lazy("Contacts"), width=100)
    differs = RowColumn(_cell("disagreements"), verbose_name=gettext_lazy("Do not agree"), width=116)
    breaches = RowColumn(_cell("breaches"), verbose_name=gettext_lazy("Breaches"), width=92)
    ordered_by = TextColumn(
        accessor="ordered_by.full_name", verbose_name=gettext_lazy("Ordered by"), width=140, muted=True
    )
    ordered_at = MomentColumn(verbose_name=gettext_lazy("Ordered"), order_by="id")
    status = StatusColumn(ReplayStatus, verbose_name=gettext_lazy("Result"), width=148)

    class Meta:
        order_by = "-ordered_at"


class ReplayList(ListPage):
    permission = VIEW_REPLAY
    title = gettext_lazy("Contact proof")
    lead = gettext_lazy(
        "Every contact of a period decided again, from what was known then and by the rules in force then."
    )
    menu = "contact_replays"
    list_name = "contact_replays"
    url_name = "accounts:contact_replay_list"
    table_class = ReplayTable
    count_label = ngettext_lazy("%(n)s replay", "%(n)s replays", "n")
    empty_text = gettext_lazy("No period was replayed yet. Order one; it runs in the background.")
    exportable = False

    def get_queryset(self):
        return ContactReplay.objects.select_related("ordered_by")

    def get_head_actions(self):
        return [
            Action(
                _("Replay a period"),
                reverse("accounts:contact_replay_new"),
                icon="refresh",
                permission=VIEW_REPLAY,
                primary=True,
            )
        ]


class OrderReplayForm(forms.Form):
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("To"))


class OrderReplayPage(ActionPage):
    permission = VIEW_REPLAY
    menu = "contact_replays"
    title = gettext_lazy("Replay a period")
    form_class = OrderReplayForm
    button = gettext_lazy("Start")

    def get_object(self):
        return None

    def get_crumbs(self):
        return [Crumb(_("Contact proof"), reverse("accounts:contact_replay_list"))]

    def get_initial(self):
        return {"first_day": self.today.replace(month=1, day=1), "last_day": self.today}

    def consequence(self):
        return _("It reads and changes nothing. A year of a large office takes some minutes.")

    def perform(self, form):
        ordered = order_replay(
            first_day=form.cleaned_data["first_day"],
            last_day=form.cleaned_data["last_day"],
            actor=self.request.user,
            as_of=self.today,
        )
        self.job = ReplayContacts.enqueue_once(scope=str(ordered.pk), actor=self.request.user)
        return ordered

    def get_success_message(self, result) -> str:
        return _("The replay runs. You may leave the page.")

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[self.job.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:contact_replay_list")


# What a finding says, in words where it is a code.
CODES = {
    **{str(rule.value): rule.label for rule in Rule},
    **{str(reason.value): reason.label for reason in HoldReason},
    **{str(kind.value): kind.label for kind in LegalFactKind},
}


def what_text(finding: ReplayFinding) -> str:
    return str(CODES.get(finding.what, finding.what))


SUBJECTS = {
    "accounts.permit": gettext_lazy("Permit"),
    "accounts.countedcontact": gettext_lazy("Contact"),
    "accounts.contactattempt": gettext_lazy("Contact log"),
    "campaigns.message": gettext_lazy("Message"),
}


def subject_text(finding: ReplayFinding) -> str:
    return f"{SUBJECTS.get(finding.subject, finding.subject)} {finding.subject_id}"


def what_cell(finding: ReplayFinding, context) -> str:
    return escape(what_text(finding))


def subject_cell(finding: ReplayFinding, context) -> str:
    return escape(subject_text(finding))


def contact_text(finding: ReplayFinding) -> str:
    return _("open") if finding.attempt_id else ""


class FindingTable(Table):
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at")
    kind = StatusColumn(FindingKind, verbose_name=gettext_lazy("Found"), width=156)
    what = RowColumn(what_cell, verbose_name=gettext_lazy("What"), width=324)
    debtor = LinkColumn(
        "accounts:debtor_detail", text="debtor.name", arg="debtor_id", verbose_name=gettext_lazy("Debtor")
    )
    contact = LinkColumn(
        "accounts:contact_detail",
        text=contact_text,
        arg="attempt_id",
        verbose_name=gettext_lazy("Contact"),
        width=84,
    )
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=132)
    subject = RowColumn(subject_cell, verbose_name=gettext_lazy("Record"), width=124)

    row_label = "debtor.name"

    class Meta:
        order_by = "kind"


def replays(request):
    """Replays to choose from, the last ordered first."""
    return ContactReplay.objects.order_by("-id")


class FindingFilterSet(FilterSet):
    replay = django_filters.ModelChoiceFilter(queryset=replays, label=gettext_lazy("Replay"))
    kind = django_filters.ChoiceFilter(choices=FindingKind.choices, label=gettext_lazy("Found"))
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=gettext_lazy("Channel"))

    class Meta(FilterSet.Meta):
        model = ReplayFinding
        fields: list[str] = []


def findings(user):
    """What was found about the user's debtors, each with the contact it is about where there is one."""
    counted = ContactAttempt.objects.filter(counted=OuterRef("subject_id")).order_by("-pk").values("pk")[:1]
    return (
        ReplayFinding.objects.visible_to(user)
        .select_related("debtor")
        .annotate(
            attempt_id=Coalesce(
                "contact_id",
                Case(When(subject="accounts.countedcontact", then=Subquery(counted))),
                output_field=BigIntegerField(),
            )
        )
    )


class FindingList(ListPage):
    """Every row that was found, of one replay or of all."""

    permission = VIEW_REPLAY
    title = gettext_lazy("What replays found")
    lead = gettext_lazy("What does not agree, what broke a rule, and whom we learned to be protected later.")
    menu = "contact_replays"
    list_name = "contact_replay_findings"
    url_name = "accounts:contact_finding_list"
    table_class = FindingTable
    filterset_class = FindingFilterSet
    count_label = ngettext_lazy("%(n)s row", "%(n)s rows", "n")
    empty_text = gettext_lazy("Nothing was found.")
    default_views = (
        (gettext_lazy("Do not agree"), "kind=disagreement"),
        (gettext_lazy("Breaches"), "kind=breach"),
        (gettext_lazy("Told later"), "kind=learned_later"),
    )

    def get_queryset(self):
        return findings(self.request.user)

    def get_crumbs(self):
        return [Crumb(_("Contact proof"), reverse("accounts:contact_replay_list"))]


class ReplayDetail(DetailPage):
    permission = VIEW_REPLAY
    menu = "contact_replays"
    list_url_name = "accounts:contact_replay_list"
    list_title = gettext_lazy("Contact proof")
    status_field = "status"
    queryset = ContactReplay.objects.select_related("ordered_by")

    def get_title(self):
        return period_text(self.object)

    def get_lead(self):
        return _("Decided again from what was known then, by the rules in force then.")

    def get_head_actions(self):
        return [
            Action(
                _("All rows"),
                f"{reverse('accounts:contact_finding_list')}?replay={self.object.pk}",
                icon="list-details",
                primary=True,
            )
        ]

    def figures(self):
        counts = {name: f"{count:,}" for name, count in self.object.figures.items()}
        return [
            Figure(_("Do not agree"), counts.get("disagreements", "–"), size="ask"),
            Figure(_("Contacts"), counts.get("contacts", "–")),
            Figure(_("Permits"), counts.get("permits", "–")),
            Figure(_("Decided again"), counts.get("judged", "–")),
            Figure(_("Breaches"), counts.get("breaches", "–")),
            Figure(
                _("Protected, told later"), counts.get("learned_later", "–"), note=_("listed, not judged")
            ),
        ]

    def sections(self):
        rows = list(
            findings(self.request.user).filter(replay=self.object).order_by(WORST_FIRST, "id")[:SHOWN]
        )
        note = ""
        if len(rows) == SHOWN:
            note = _("the first %(n)s; «All rows» has them all, and as a file") % {"n": SHOWN}
        return [
            Section(
                _("What was found"),
                table=FindingTable.draw(
                    rows,
                    request=self.request,
                    empty_text=_("Every contact agrees, and none broke a rule."),
                    caption=_("What was found"),
                ),
                note=note,
            ),
            steps_section(REPLAY, self.object),
        ]


urlpatterns = [
    path("contact-proof/", ReplayList.as_view(), name="contact_replay_list"),
    path("contact-proof/new/", OrderReplayPage.as_view(), name="contact_replay_new"),
    path("contact-proof/rows/", FindingList.as_view(), name="contact_finding_list"),
    path("contact-proof/<int:pk>/", ReplayDetail.as_view(), name="contact_replay_detail"),
]
