"""The contact log: every attempt once, what the gate said of it, and the breaches."""

from html import escape

from django.db.models import OuterRef, Subquery
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.enums import Judgement, Rule
from accounts.compliance.rules import MAKE_CONTACT, VIEW_PERMIT
from accounts.compliance.wording import (
    laws_words,
    limits_of,
    line_words,
    place_of,
    profile_words,
    source_words,
)
from accounts.contacts.enums import (
    IdentityItem,
    Outcome,
)
from accounts.contacts.filtersets import BreachFilterSet, ContactAttemptFilterSet
from accounts.contacts.models import AttemptAccount, ContactAttempt
from accounts.contacts.rules import END_LEFT_CALL
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from collections_app.core.said import retold
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage

navigation.register(
    "contacts",
    gettext_lazy("Contacts"),
    "accounts:contact_list",
    icon="phone",
    permission="accounts.view_contact",
    order=60,
    letter="o",
)


class ContactTable(Table):
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at", phone=True)
    debtor = LinkColumn(
        "accounts:contact_detail",
        text="debtor.name",
        note="account_number",
        verbose_name=gettext_lazy("Debtor"),
    )
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=124, phone=False)
    direction = TextColumn(accessor="get_direction_display", verbose_name=gettext_lazy("Way"), width=52)
    outcome = StatusColumn(Outcome, verbose_name=gettext_lazy("Outcome"), width=156)
    reason = TextColumn(
        accessor="get_nonpayment_reason_display", verbose_name=gettext_lazy("Why unpaid"), width=172
    )
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=140)
    judgement = StatusColumn(
        Judgement, accessor="counted.judgement", verbose_name=gettext_lazy("Judged"), width=108, phone=False
    )
    person = TextColumn(
        accessor="get_person_reached_display", verbose_name=gettext_lazy("Reached"), shown=False
    )
    source = TextColumn(accessor="get_source_display", verbose_name=gettext_lazy("Source"), shown=False)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), shown=False)
    duration = NumberColumn(accessor="duration_seconds", verbose_name=gettext_lazy("Seconds"), shown=False)
    note = TextColumn(verbose_name=gettext_lazy("Note"), shown=False)

    row_label = "debtor.name"

    class Meta:
        order_by = "-at"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.counted.judgement == Judgement.BREACH else ""


def attempts():
    """Standing attempts with what a row of a table reads, each once whatever its accounts."""
    first = AttemptAccount.objects.filter(attempt=OuterRef("pk")).order_by("pk").values("account__number")[:1]
    return (
        ContactAttempt.objects.standing()
        .select_related("debtor", "creditor", "officer", "counted")
        .annotate(account_number=Subquery(first))
    )


class ContactList(ListPage):
    permission = "accounts.view_contact"
    title = gettext_lazy("Contacts")
    lead = gettext_lazy("Every attempt once: made here, logged afterwards, imported.")
    menu = "contacts"
    list_name = "contacts"
    url_name = "accounts:contact_list"
    table_class = ContactTable
    filterset_class = ContactAttemptFilterSet
    count_label = ngettext_lazy("%(n)s contact", "%(n)s contacts", "n")
    empty_text = gettext_lazy("No contact yet. Open an account and call, or log a contact made elsewhere.")
    default_views = (
        (gettext_lazy("Calls"), "channel=call"),
        (gettext_lazy("Right party"), "right_party=true"),
        (gettext_lazy("Without permit"), "judgement=lawful"),
    )

    def get_queryset(self):
        return attempts().visible_to(self.request.user)

    def get_head_actions(self):
        return [
            Action(
                _("Permits"),
                reverse("accounts:permit_list"),
                icon="shield-check",
                permission=VIEW_PERMIT,
            ),
            Action(_("Unknown callers"), reverse("accounts:unknown_call_list"), icon="phone-incoming"),
            Action(
                _("Open calls"),
                reverse("accounts:left_call_list"),
                icon="phone-call",
                permission=END_LEFT_CALL,
            ),
            Action(
                _("Breaches"),
                reverse("accounts:breach_list"),
                icon="alert-triangle",
                permission="accounts.view_breach",
            )
        ]


def law_cell(row: ContactAttempt, context) -> str:
    """The law or policy whose rule was broken."""
    return f'<span class="m">{escape(source_words(row.counted.inputs.get("source", "")))}</span>'


class BreachTable(Table):
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at")
    debtor = LinkColumn(
        "accounts:contact_detail",
        text="debtor.name",
        note="account_number",
        verbose_name=gettext_lazy("Debtor"),
    )
    rule = StatusColumn(Rule, accessor="counted.rule", verbose_name=gettext_lazy("Rule"), width=228)
    law = RowColumn(law_cell, verbose_name=gettext_lazy("By"), width=212)
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=116)
    outcome = StatusColumn(Outcome, verbose_name=gettext_lazy("Outcome"), shown=False)
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=140)
    source = TextColumn(accessor="get_source_display", verbose_name=gettext_lazy("Source"), shown=False)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=140)

    row_label = "debtor.name"

    class Meta:
        order_by = "-at"


class BreachList(ListPage):
    permission = "accounts.view_breach"
    title = gettext_lazy("Breaches")
    lead = gettext_lazy("Contacts that happened without a permit and broke a rule of their own moment.")
    menu = "contacts"
    list_name = "breaches"
    url_name = "accounts:breach_list"
    table_class = BreachTable
    filterset_class = BreachFilterSet
    count_label = ngettext_lazy("%(n)s breach", "%(n)s breaches", "n")
    empty_text = gettext_lazy("No contact broke a rule.")

    def get_queryset(self):
        return attempts().filter(counted__judgement=Judgement.BREACH).visible_to(self.request.user)

    def get_crumbs(self):
        return [Crumb(_("Contacts"), reverse("accounts:contact_list"))]


class ContactDetail(DetailPage):
    permission = "accounts.view_contact"
    menu = "contacts"
    list_url_name = "accounts:contact_list"
    list_title = gettext_lazy("Contacts")
    queryset = ContactAttempt.objects.select_related(
        "debtor", "creditor", "officer", "counted", "permit", "contact_point", "supersedes"
    )
    status_field = "outcome"

    def get_title(self):
        return _("%(channel)s with %(debtor)s") % {
            "channel": self.object.get_channel_display(),
            "debtor": self.object.debtor.name,
        }

    @cached_property
    def correction(self) -> ContactAttempt | None:
        return ContactAttempt.objects.filter(supersedes=self.object).first()

    def get_head_actions(self):
        if self.correction:
            return []
        return [
            Action(
                _("Correct"),
                reverse("accounts:contact_correct", args=[self.object.pk]),
                icon="edit",
                permission=MAKE_CONTACT,
            )
        ]

    def sections(self):
        attempt = self.object
        seen = Account.objects.visible_to(self.request.user).filter(attempts=attempt).order_by("number")
        what = [
            Fact(_("When"), attempt.at, template="accounts/contacts/moment.html"),
            Fact(_("Way"), attempt.get_direction_display()),
            Fact(_("Reached"), attempt.get_person_reached_display()),
            Fact(
                _("Compared"),
                ", ".join(str(IdentityItem(item).label) for item in attempt.checked_items) or _("nothing"),
            ),
            Fact(_("Why unpaid"), attempt.get_nonpayment_reason_display() or _("not asked")),
            Fact(_("Officer"), attempt.officer or _("nobody named")),
            Fact(_("Source"), attempt.get_source_display()),
            *[
                Fact(_("Account"), account.number, reverse("accounts:account_detail", args=[account.pk]))
                for account in seen
            ],
        ]
        if attempt.note:
            what.append(Fact(_("Note"), attempt.note))
        if attempt.lines_said or attempt.lines_unsaid:
            what += [
                Fact(_("Lines said"), line_words(attempt.lines_said) or _("none")),
                Fact(_("Lines not ticked as said"), line_words(attempt.lines_unsaid) or _("none")),
            ]
        if attempt.colleague_reason:
            what.append(Fact(_("Called beside a colleague"), retold(attempt.colleague_reason)))
        if attempt.supersedes_id:
            what.append(
                Fact(
                    _("Corrects"),
                    _("an earlier entry"),
                    reverse("accounts:contact_detail", args=[attempt.supersedes_id]),
                )
            )
        if self.correction:
            what.append(
                Fact(
                    _("Corrected by"),
                    _("a later entry"),
                    reverse("accounts:contact_detail", args=[self.correction.pk]),
                )
            )
        return [Section(_("What happened"), facts=what), Section(_("The gate"), facts=self.gate_facts())]

    def gate_facts(self) -> list[Fact]:
        """The permit and what it rested on, or how it was judged."""
        attempt = self.object
        counted = attempt.counted
        facts = [Fact(_("Judged"), counted.get_judgement_display())]
        if counted.rule:
            source = source_words(counted.inputs.get("source", ""))
            facts.append(Fact(_("Rule"), Rule(counted.rule).label, note=source))
        if attempt.permit:
            permit = attempt.permit
            facts += [
                Fact(
                    _("Permit"),
                    _("open"),
                    url=reverse("accounts:permit_detail", args=[permit.pk]),
                ),
                Fact(_("Rules"), profile_words(permit.profile), note=laws_words(permit.facts)),
                Fact(_("Their clock"), ", ".join(place_of(zone) for zone in permit.facts.get("zones", []))),
                *[Fact(_("Limit"), limit.sentence) for limit in limits_of(permit.facts)],
            ]
        return facts


urlpatterns = [
    path("contacts/", ContactList.as_view(), name="contact_list"),
    path("contacts/<int:pk>/", ContactDetail.as_view(), name="contact_detail"),
    path("breaches/", BreachList.as_view(), name="breach_list"),
]
