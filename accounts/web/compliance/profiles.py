"""Contact profiles: what law binds a contact where, since when, from which source, and how surely."""

from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.clauses import Clause, about_words, line_of, number_words, says_text
from accounts.compliance.enums import PROFILE, ClauseKind, Sureness
from accounts.compliance.models import ContactProfile
from accounts.compliance.versions import VERSIONS, approve_profile, clauses_of, reject_profile, submit_profile
from accounts.parties.enums import CreditorKind
from accounts.policies.enums import PolicyStatus
from accounts.policies.rules import PROPOSE_POLICY, VIEW_POLICY
from accounts.policies.versions import INSTALLED
from accounts.web.steps import steps_section
from accounts.web.versions import VersionKind, approval_facts
from collections_app.core.web import navigation
from collections_app.core.web.figures import country_text, day_text, full_day_text
from collections_app.core.web.parts import Action, Fact, Section
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage, PageView

DOUBTED = (Sureness.UNVERIFIED, Sureness.TO_CHECK)

navigation.register(
    "contact_profiles",
    gettext_lazy("Contact profiles"),
    "accounts:contact_profile_list",
    icon="scale",
    permission=VIEW_POLICY,
    order=82,
    group="office",
)


def versions() -> QuerySet[ContactProfile]:
    """Every version of every profile; the law is no secret."""
    return ContactProfile.objects.select_related("made_by", "approved_by").order_by(
        "code", "-valid_from", "-id"
    )


PROFILE_VERSIONS = VersionKind(
    urls="contact_profile",
    menu="contact_profiles",
    seen_by=lambda user: versions(),
    submit=submit_profile,
    approve=approve_profile,
    reject=reject_profile,
    approve_label=gettext_lazy("Approve profile"),
    reject_title=gettext_lazy("Reject a contact profile"),
    reject_label=gettext_lazy("Reject profile"),
)


def binds_words(version: ContactProfile) -> str:
    """Whom a profile binds by itself."""
    if not version.country:
        return _("where a portfolio names it")
    country = country_text(version.country)
    if version.contract:
        return _("%(country)s, %(contract)s") % {
            "country": country,
            "contract": CreditorKind(version.contract).label.lower(),
        }
    return country


def since_words(version: ContactProfile, today) -> str:
    return day_text(version.valid_from, today)


def doubts(version: ContactProfile) -> int:
    """How many of its numbers are marked unverified or to be checked."""
    return sum(clause.sure in DOUBTED for clause in clauses_of(version))


class ProfileTable(Table):
    title = LinkColumn(
        "accounts:contact_profile_detail", text="shown_title", verbose_name=gettext_lazy("Profile")
    )
    binds = TextColumn(accessor="binds_text", verbose_name=gettext_lazy("Binds"), width=228)
    since = TextColumn(accessor="since_text", verbose_name=gettext_lazy("From"), width=124)
    clauses = TextColumn(accessor="clauses_text", verbose_name=gettext_lazy("Rules"), width=76)
    doubted = TextColumn(
        accessor="doubts_text", verbose_name=gettext_lazy("Unverified or to check"), width=164
    )
    status = StatusColumn(PolicyStatus, verbose_name=gettext_lazy("Status"), width=188)


class ProfileListPage(PageView):
    permission = VIEW_POLICY
    title = gettext_lazy("Contact profiles")
    lead = gettext_lazy("What law binds a contact where, beside the office's own policy. Both must allow it.")
    menu = "contact_profiles"
    template_name = "generic/detail.html"

    def get_context_data(self, **kwargs):
        rows = list(versions())
        for row in rows:
            row.binds_text = binds_words(row)
            row.since_text = since_words(row, self.today)
            row.clauses_text = str(len(row.clauses))
            row.doubts_text = str(doubts(row) or "")
        in_force = _in_force(rows, self.today)
        tables = (
            (_("In force today"), [row for row in rows if row.pk in in_force]),
            (_("Drafts and versions to come"), [row for row in rows if _is_to_come(row, self.today)]),
            (
                _("Earlier versions"),
                [
                    row
                    for row in rows
                    if row.pk not in in_force
                    and row.status == PolicyStatus.APPROVED
                    and row.valid_from <= self.today
                ],
            ),
        )
        sections = [
            Section(name, table=ProfileTable.draw(found, request=self.request, caption=name))
            for name, found in tables
            if found
        ]
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


def _in_force(rows: list[ContactProfile], today) -> set[int]:
    found: dict[str, ContactProfile] = {}
    for row in rows:
        if row.status == PolicyStatus.APPROVED and row.valid_from <= today:
            found.setdefault(row.code, row)
    return {row.pk for row in found.values()}


def _is_to_come(row: ContactProfile, today) -> bool:
    if row.status in (PolicyStatus.DRAFT, PolicyStatus.SUBMITTED):
        return True
    return row.status == PolicyStatus.APPROVED and row.valid_from > today


def clause_rows(clauses: list[Clause], before: list[Clause] | None) -> list[dict]:
    """Each clause as it is drawn; with `before`, what its number, source or mark was."""
    old = {clause.key: clause for clause in before or ()}
    rows = []
    for clause in clauses:
        was = old.pop(clause.key, None)
        is_changed = before is not None and was != clause
        rows.append(
            {
                "kind": ClauseKind(clause.kind).label,
                "numbers": number_words(clause).split("; "),
                "about": about_words(clause),
                "says": says_text(clause),
                "source": clause.source,
                "sure": Sureness(clause.sure).label,
                "is_doubted": clause.sure in DOUBTED,
                "is_duty": clause.kind == ClauseKind.DUTY,
                "is_changed": is_changed,
                "was": _was_words(was, clause) if is_changed else "",
            }
        )
    rows += [
        {
            "kind": ClauseKind(clause.kind).label,
            "numbers": number_words(clause).split("; "),
            "about": about_words(clause),
            "says": says_text(clause),
            "source": clause.source,
            "sure": Sureness(clause.sure).label,
            "is_gone": True,
        }
        for clause in old.values()
    ]
    return rows


def _was_words(was: Clause | None, clause: Clause) -> str:
    """What a clause said before, as far as it differs; "new" when there was none."""
    if was is None:
        return _("new")
    parts = []
    if line_of(was) != line_of(clause):
        parts.append(number_words(was))
    if was.source != clause.source:
        parts.append(was.source)
    if was.sure != clause.sure:
        parts.append(str(Sureness(was.sure).label))
    if not parts and was.says != clause.says:
        parts.append(was.says)
    return _("before: %(what)s") % {"what": "; ".join(parts)} if parts else _("before: for others")


class ProfileDetailPage(DetailPage):
    permission = VIEW_POLICY
    menu = "contact_profiles"
    list_url_name = "accounts:contact_profile_list"
    list_title = gettext_lazy("Contact profiles")
    status_field = "status"

    def get_queryset(self):
        return versions()

    def get_title(self):
        return self.object.shown_title

    def get_lead(self):
        return _("From %(day)s; binds %(whom)s.") % {
            "day": full_day_text(self.object.valid_from),
            "whom": binds_words(self.object),
        }

    def get_head_actions(self):
        version = self.object
        actions = PROFILE_VERSIONS.waiting_actions(version, self.request.user)
        actions.append(
            Action(
                _("Propose a change"),
                reverse("accounts:contact_profile_new", args=[version.pk]),
                icon="edit",
                permission=PROPOSE_POLICY,
                primary=version.status == PolicyStatus.APPROVED,
            )
        )
        return actions

    def compared_with(self) -> ContactProfile | None:
        """The version named in the address, else the one before."""
        chosen = row_id(self.request.GET.get("against", ""))
        if chosen is not None:
            return versions().filter(code=self.object.code, pk=chosen).first()
        return VERSIONS.before(self.object)

    def sections(self):
        version = self.object
        other = self.compared_with()
        clauses = clause_rows(clauses_of(version), clauses_of(other) if other else None)
        note = (
            _("changes against the version from %(day)s are marked")
            % {"day": day_text(other.valid_from, self.today)}
            if other
            else ""
        )
        facts = [
            Fact(_("Binds"), binds_words(version)),
            Fact(_("Proposed by"), version.made_by),
            Fact(_("Why"), _("as installed") if version.note == INSTALLED else version.note),
            *approval_facts(version),
        ]
        return [
            Section(
                _("Rules"), template="accounts/profile_clauses.html", context={"rows": clauses}, note=note
            ),
            Section(_("Versions"), table=self._versions()),
            Section(_("The proposal"), facts=facts),
            steps_section(PROFILE, version),
        ]

    def _versions(self):
        rows = [row for row in versions().filter(code=self.object.code) if row.pk != self.object.pk]
        for row in rows:
            row.since_text = since_words(row, self.today)
            row.compare_text = _("Compare")
            row.compare = self.object.pk
        return OtherVersionTable.draw(
            rows,
            request=self.request,
            empty_text=_("There is no other version."),
            caption=_("Versions"),
        )


class OtherVersionTable(Table):
    valid_from = LinkColumn(
        "accounts:contact_profile_detail",
        text="since_text",
        verbose_name=gettext_lazy("From"),
        width=132,
        phone=True,
    )
    title = TextColumn(verbose_name=gettext_lazy("Profile"))
    made_by = TextColumn(
        accessor="made_by.full_name", verbose_name=gettext_lazy("Proposed by"), width=140, muted=True
    )
    approved_at = DateColumn(accessor="approved_at", verbose_name=gettext_lazy("Approved"), width=104)
    status = StatusColumn(PolicyStatus, verbose_name=gettext_lazy("Status"), width=188)


urlpatterns = [
    path("contact-profiles/", ProfileListPage.as_view(), name="contact_profile_list"),
    path("contact-profiles/<int:pk>/", ProfileDetailPage.as_view(), name="contact_profile_detail"),
]
