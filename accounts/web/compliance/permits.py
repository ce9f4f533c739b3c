"""What the gate says of an account now, by whom and which way, and what it said whenever it was asked."""

from dataclasses import dataclass
from datetime import date
from html import escape

from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.decision import Verdict
from accounts.compliance.enums import Rule
from accounts.compliance.filtersets import PermitFilterSet
from accounts.compliance.models import Permit
from accounts.compliance.queries import Asked, previews
from accounts.compliance.rules import VIEW_PERMIT
from accounts.compliance.wording import (
    clocks_words,
    laws_words,
    limit_of,
    limits_of,
    profile_words,
    source_words,
)
from accounts.contacts.queries import asked_to_call_back
from accounts.holds.panels import reason_text
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account
from accounts.ledger.parties import joint_debtors, representatives
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from collections_app.core import clock, panels
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import icon_html
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage

SHOWN = 50


def verdict_html(is_allowed: bool) -> str:
    """Allowed or refused, by word, icon and colour."""
    words = _("Allowed") if is_allowed else _("Refused")
    tone, icon = ("good", "shield-check") if is_allowed else ("stop", "hand-stop")
    return f'<span class="st q {tone}">{icon_html(icon)}{escape(words)}</span>'


def reason_html(rule: str, source: str) -> str:
    """The rule that decided, and where it comes from."""
    if not rule:
        return "–"
    return format_html(
        '<div class="wrap">{}<br><bdi class="m">{}</bdi></div>', Rule(rule).label, source_words(source) or "–"
    )


# ---- now ----


@dataclass(frozen=True)
class Way:
    """One person by one channel, and what the gate would say this minute."""

    who: str
    channel: str
    verdict: Verdict
    today: date


def _said_cell(row: Way, context) -> str:
    """The verdict, and for a refusal from when on it would be allowed, on his clock and on ours."""
    verdict = row.verdict
    said = verdict_html(verdict.allowed)
    if verdict.allowed:
        return said
    opens = [_("not until that changes")]
    if verdict.next_moment is not None:
        opens = clocks_words(verdict.next_moment, zones=verdict.zones, today=row.today)
    lines = "<br>".join(f"<bdi>{escape(words)}</bdi>" for words in opens)
    return f'{said}<div class="wrap m">{lines}</div>'


def _used_cell(row: Way, context) -> str:
    limits = [limit_of(count.name, count.used) for count in row.verdict.counts]
    return "<br>".join(escape(limit.words) for limit in limits) or "–"


class WayTable(Table):
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=132, phone=True)
    who = TextColumn(verbose_name=gettext_lazy("Who"), width=172, wrap=True)
    said = RowColumn(
        _said_cell,
        accessor="who",
        verbose_name=gettext_lazy("Verdict, and from when"),
        width=180,
        phone=True,
    )
    reason = RowColumn(
        lambda row, context: reason_html(row.verdict.rule, row.verdict.source),
        accessor="who",
        verbose_name=gettext_lazy("Rule and its source"),
        phone=True,
    )
    used = RowColumn(_used_cell, accessor="who", verbose_name=gettext_lazy("Limits"), width=228)


def ways_of(account: Account, *, now, today) -> list[Way]:
    """Each channel to the debtor, to who represents him and to who owes with him. Stores nothing."""
    ids = [account.pk]
    others = {pk: PartyRole.JOINT_DEBTOR for pk in joint_debtors(ids, as_of=today).get(account.pk, [])}
    others |= {pk: PartyRole.REPRESENTATIVE for pk in representatives(ids, as_of=today).values()}
    people = {account.debtor_id: PartyRole.DEBTOR} | others
    names = dict(Debtor.objects.filter(pk__in=people).values_list("pk", "name"))
    requests = [Asked(pk, (account.pk,), Channel.CALL, now) for pk in people]
    found = previews(requests, requested_calls=asked_to_call_back(ids, now))
    return [
        Way(f"{names[pk]}, {role.label}" if others else names[pk], channel, verdict, today)
        for (pk, role), by_channel in zip(people.items(), found, strict=True)
        for channel, verdict in by_channel.items()
    ]


# ---- whenever it was asked ----


class PermitTable(Table):
    moment = MomentColumn(verbose_name=gettext_lazy("For"), order_by=("moment", "id"))
    debtor = LinkColumn("accounts:permit_detail", text="debtor.name", verbose_name=gettext_lazy("Debtor"))
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=132)
    said = RowColumn(
        lambda row, context: verdict_html(row.is_allowed),
        accessor="is_allowed",
        verbose_name=gettext_lazy("Verdict"),
        width=108,
        phone=True,
    )
    rule = RowColumn(
        lambda row, context: reason_html(row.rule, row.rule_source),
        accessor="rule",
        verbose_name=gettext_lazy("Rule and its source"),
        width=340,
    )
    next_moment = MomentColumn(verbose_name=gettext_lazy("Allowed from"))
    actor = TextColumn(
        accessor="actor.full_name", verbose_name=gettext_lazy("Asked by"), width=124, muted=True
    )
    purpose = TextColumn(accessor="get_purpose_display", verbose_name=gettext_lazy("Purpose"), shown=False)

    row_label = "debtor.name"

    class Meta:
        order_by = "-moment"


PERMITS = Permit.objects.select_related("debtor", "actor")


class PermitList(ListPage):
    permission = VIEW_PERMIT
    title = gettext_lazy("Permits")
    lead = gettext_lazy("Whatever the gate was asked, with its verdict, the rule and where that comes from.")
    menu = "contacts"
    list_name = "permits"
    url_name = "accounts:permit_list"
    queryset = PERMITS
    table_class = PermitTable
    filterset_class = PermitFilterSet
    count_label = ngettext_lazy("%(n)s permit", "%(n)s permits", "n")
    empty_text = gettext_lazy("The gate was not asked yet. It is, before each call and each message.")
    default_views = (
        (gettext_lazy("Refused"), "is_allowed=false"),
        (gettext_lazy("Allowed"), "is_allowed=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Contacts"), reverse("accounts:contact_list"))]


class AccountPermitsPage(DetailPage):
    """May he be contacted? Each way now, and what the gate was asked about this account."""

    permission = VIEW_PERMIT
    menu = "accounts"
    queryset = Account.objects.select_related("debtor")
    has_history = False

    def get_title(self):
        return _("Contact permits of %(number)s") % {"number": self.object.number}

    def get_lead(self):
        return _("What the gate would say this minute, by which rule, and from when on it would allow it.")

    def get_crumbs(self):
        return [
            Crumb(_("Accounts"), reverse("accounts:account_list")),
            Crumb(self.object.number, reverse("accounts:account_detail", args=[self.object.pk])),
        ]

    def get_head_actions(self):
        return [
            Action(
                _("Contact facts"),
                reverse("accounts:contact_fact_list", args=[self.object.debtor_id]),
                icon="shield-check",
            )
        ]

    def sections(self):
        account = self.object
        asked = (
            PERMITS.visible_to(self.request.user)
            .filter(account_ids__contains=[account.pk])
            .order_by("-moment", "-id")[:SHOWN]
        )
        return [
            Section(
                _("Now"),
                table=WayTable.draw(
                    ways_of(account, now=clock.now(), today=self.today),
                    request=self.request,
                    caption=_("Now"),
                ),
            ),
            Section(
                _("Whenever it was asked"),
                table=PermitTable.draw(
                    asked,
                    request=self.request,
                    empty_text=_("The gate was never asked about this account."),
                    caption=_("Whenever it was asked"),
                ),
                note=_("the last %(n)s") % {"n": SHOWN},
            ),
        ]


class PermitDetail(DetailPage):
    """One verdict and what it rested on."""

    permission = VIEW_PERMIT
    menu = "contacts"
    queryset = Permit.objects.select_related("debtor", "creditor", "contact_point", "actor")
    list_url_name = "accounts:permit_list"
    list_title = gettext_lazy("Permits")
    has_history = False

    def get_title(self):
        permit = self.object
        said = _("Allowed") if permit.is_allowed else _("Refused")
        return f"{permit.get_channel_display()}: {said.lower()}"

    def get_lead(self):
        return f"{self.object.debtor}, {self.object.creditor}"

    def sections(self):
        return [
            Section(_("What was asked"), facts=self.asked()),
            Section(_("What the gate said"), facts=self.said()),
            Section(_("What it rested on"), facts=self.rested_on()),
        ]

    def asked(self) -> list[Fact]:
        permit = self.object
        seen = Account.objects.visible_to(self.request.user).filter(pk__in=permit.account_ids)
        # who stands beside a debtor and owes nothing himself has no page of his own
        is_shown = Debtor.objects.visible_to(self.request.user).filter(pk=permit.debtor_id).exists()
        page = reverse("accounts:debtor_detail", args=[permit.debtor_id]) if is_shown else ""
        return [
            Fact(_("Who"), permit.debtor, url=page),
            *(
                Fact(_("Account"), account.number, url=reverse("accounts:account_permits", args=[account.pk]))
                for account in seen.order_by("number")
            ),
            Fact(_("Purpose"), permit.get_purpose_display()),
            Fact(_("To"), permit.contact_point.value if permit.contact_point else _("any number or address")),
            Fact(_("For"), ui.moment(permit.moment)),
            Fact(_("Asked by"), permit.actor, note=ui.moment(permit.recorded_at)),
        ]

    def said(self) -> list[Fact]:
        permit = self.object
        if permit.is_allowed:
            return [Fact(_("Verdict"), _("Allowed"))]
        zones = permit.facts.get("zones", [])
        opens = _("not until that changes")
        if permit.next_moment is not None:
            opens = "; ".join(clocks_words(permit.next_moment, zones=zones, today=self.today))
        return [
            Fact(_("Verdict"), _("Refused")),
            Fact(_("Rule"), Rule(permit.rule).label),
            Fact(_("Source"), source_words(permit.rule_source) or "–"),
            Fact(_("Allowed from"), opens),
        ]

    def rested_on(self) -> list[Fact]:
        permit = self.object
        facts = permit.facts
        holds = ", ".join(reason_text(reason) for reason in facts.get("holds", []))
        return [
            Fact(_("Rules"), profile_words(permit.profile), note=laws_words(facts)),
            Fact(
                _("Their clock"),
                ", ".join(clocks_words(permit.moment, zones=facts.get("zones", []), today=self.today)),
                note="" if facts.get("zone_known", True) else _("the creditor's: his own is not known"),
            ),
            *(Fact(_("Limit"), limit.sentence) for limit in limits_of(facts)),
            Fact(_("Holds in force"), holds or _("none")),
        ]


def permits_verb(ids, user, as_of) -> list[Action]:
    """The door to them on an account's page."""
    address = reverse("accounts:account_permits", args=[ids[0]])
    return [Action(_("Contact permits"), address, icon="shield-check", permission=VIEW_PERMIT)]


panels.register("account.verbs", order=62, provider=permits_verb, name="compliance.permits")

urlpatterns = [
    path("permits/", PermitList.as_view(), name="permit_list"),
    path("permits/<int:pk>/", PermitDetail.as_view(), name="permit_detail"),
    path("accounts/<int:pk>/permits/", AccountPermitsPage.as_view(), name="account_permits"),
]
