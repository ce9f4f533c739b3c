"""Hardship cases: opened by any officer, decided by a senior, the detail seen by few."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.hardship.enums import HARDSHIP, HardshipMarker, HardshipStatus
from accounts.hardship.filtersets import HardshipFilterSet
from accounts.hardship.models import HardshipCase
from accounts.hardship.rules import DECIDE, OPEN_CASE, VIEW_HARDSHIP, VIEW_NOTE, may_decide
from accounts.hardship.services import decide_hardship_case, open_hardship_case, reveal_note
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.web.holds import DebtorVerb, scopes_text
from accounts.web.steps import steps_section
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_text, long_day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, PageView


class HardshipTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn(
        "accounts:hardship_detail",
        text="debtor.name",
        note="debtor.reference",
        verbose_name=gettext_lazy("Debtor"),
        order_by=("debtor__name",),
    )
    marker = TextColumn(accessor="get_marker_display", verbose_name=gettext_lazy("What happened"), width=172)
    creditor = TextColumn(
        accessor="debtor.creditor.name", verbose_name=gettext_lazy("Creditor"), width=140, muted=True
    )
    opened_on = DateColumn(verbose_name=gettext_lazy("Opened"), order_by=("opened_on",))
    opened_by = TextColumn(
        accessor="opened_by.full_name", verbose_name=gettext_lazy("By"), width=124, muted=True
    )
    answer_due = DateColumn(verbose_name=gettext_lazy("Answer due"), order_by=("answer_due",))
    status = StatusColumn(HardshipStatus, verbose_name=gettext_lazy("Status"), width=188, phone=True)

    class Meta:
        order_by = "answer_due"


class HardshipListPage(ListPage):
    permission = VIEW_HARDSHIP
    title = gettext_lazy("Hardship")
    lead = gettext_lazy("Debtors who said that they cannot pay; chasing rests until somebody decides.")
    menu = "hardship"
    queryset = HardshipCase.objects.select_related("debtor__creditor", "opened_by")
    filterset_class = HardshipFilterSet
    table_class = HardshipTable
    list_name = "hardship"
    url_name = "accounts:hardship_list"
    count_label = ngettext_lazy("%(n)s case", "%(n)s cases", "n")
    empty_text = gettext_lazy("No hardship case. Open one on a debtor's account page.")
    default_views = (
        (gettext_lazy("To decide"), "status=open"),
        (gettext_lazy("Answer late"), "late=true"),
        (gettext_lazy("Granted"), "status=granted"),
    )


class HardshipPage(DetailPage):
    permission = VIEW_HARDSHIP
    menu = "hardship"
    template_name = "accounts/hardship.html"
    queryset = HardshipCase.objects.select_related("debtor__creditor", "opened_by", "decided_by", "hold")
    status_field = "status"
    list_url_name = "accounts:hardship_list"
    list_title = gettext_lazy("Hardship")
    revealed: str | None = None

    def get_title(self):
        return f"{self.object.debtor.name}: {self.object.get_marker_display().lower()}"

    def get_head_actions(self):
        case = self.object
        if case.status not in {HardshipStatus.OPEN, HardshipStatus.GRANTED} or not may_decide(
            self.request.user, case
        ):
            return []
        return [
            Action(
                _("Decide") if case.status == HardshipStatus.OPEN else _("End"),
                reverse("accounts:hardship_decide", args=[case.pk]),
                icon="scale",
                permission=DECIDE,
                primary=case.status == HardshipStatus.OPEN,
            )
        ]

    def figures(self):
        case = self.object
        days = (case.answer_due - self.today).days
        late = _("%(n)s d left") % {"n": days} if days >= 0 else _("%(n)s d late") % {"n": -days}
        return [
            Figure(_("Opened"), day_text(case.opened_on, self.today), note=str(case.opened_by)),
            Figure(
                _("Answer due"),
                day_text(case.answer_due, self.today),
                note=late if case.status == HardshipStatus.OPEN else "",
            ),
            Figure(_("Stops"), scopes_text(case.hold.scopes) if case.hold else _("nothing")),
        ]

    def sections(self):
        case = self.object
        facts = [
            Fact(
                _("Debtor"),
                case.debtor.name,
                url=reverse("accounts:debtor_detail", args=[case.debtor_id]),
                note=case.debtor.creditor.name,
            ),
            Fact(_("What happened"), case.get_marker_display()),
        ]
        if case.hold_id:
            facts.append(
                Fact(
                    _("Hold"),
                    case.hold.get_status_display(),
                    url=reverse("accounts:hold_detail", args=[case.hold_id]),
                )
            )
        if case.decided_on:
            facts.append(
                Fact(
                    _("Decision"),
                    case.decision,
                    note=f"{case.decided_by}, {day_text(case.decided_on, self.today)}",
                )
            )
        return [Section(_("The case"), facts=facts), steps_section(HARDSHIP, case)]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            revealed=self.revealed, has_note=bool(self.object.note), view_note=VIEW_NOTE, **kwargs
        )


class RevealNoteView(PageView):
    """A POST that shows the protected detail once and records who read it."""

    permission = VIEW_NOTE
    http_method_names = ["post", "options"]

    def post(self, request, *args, **kwargs):
        page = HardshipPage()
        page.setup(request, *args, **kwargs)
        page.object = page.get_object()
        page.revealed = reveal_note(case=page.object, user=request.user)
        return page.render_to_response(page.get_context_data())


class OpenCaseForm(forms.Form):
    marker = forms.ChoiceField(label=gettext_lazy("What happened"), choices=HardshipMarker.choices)
    note = forms.CharField(
        label=gettext_lazy("Detail"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only seniors read it, and each reading is recorded."),
    )


class OpenCasePage(DebtorVerb):
    permission = OPEN_CASE
    title = gettext_lazy("Open a hardship case")
    form_class = OpenCaseForm
    button = gettext_lazy("Open case")
    two_columns = False

    def consequence(self):
        rule = policy("hardship_clock", as_of=self.today, creditor_id=self.object.creditor_id)
        due = day_after(self.today, rule["days"], rule["unit"], self.object.creditor)
        return _("Stops at once: %(scopes)s. A senior officer decides by %(day)s.") % {
            "scopes": scopes_text(rule["scopes"]).lower(),
            "day": long_day_text(due, self.today),
        }

    def perform(self, form):
        return open_hardship_case(
            debtor=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The case is open; a decision is due %(day)s.") % {
            "day": day_text(result.answer_due, self.today)
        }

    def get_success_url(self, result) -> str:
        return reverse("accounts:hardship_detail", args=[result.pk])


class DecideForm(forms.Form):
    outcome = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    decision = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, case: HardshipCase, **kwargs):
        super().__init__(*args, **kwargs)
        words = {
            HardshipStatus.GRANTED: _("Grant: the hold stays until the case is ended"),
            HardshipStatus.DECLINED: _("Decline: the hold is lifted"),
            HardshipStatus.ENDED: _("End: the hold is lifted"),
        }
        self.fields["outcome"].choices = [
            (edge.target, words[HardshipStatus(edge.target)])
            for edge in HARDSHIP.edges
            if case.status in edge.sources
        ]


class DecideCasePage(ActionPage):
    permission = DECIDE
    title = gettext_lazy("Decide a hardship case")
    menu = "hardship"
    queryset = HardshipCase.objects.select_related("debtor", "opened_by")
    form_class = DecideForm
    button = gettext_lazy("Save decision")

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:hardship_detail", args=[self.object.pk]))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"case": self.object}

    def facts(self):
        case = self.object
        return [
            Fact(_("Debtor"), case.debtor.name),
            Fact(_("What happened"), case.get_marker_display()),
            Fact(_("Opened"), f"{day_text(case.opened_on, self.today)}, {case.opened_by}"),
            Fact(_("Answer due"), day_text(case.answer_due, self.today)),
        ]

    def perform(self, form):
        return decide_hardship_case(
            case=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The decision is saved.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:hardship_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:hardship_detail", args=[self.object.pk])


navigation.register(
    "hardship",
    gettext_lazy("Hardship"),
    "accounts:hardship_list",
    icon="user-question",
    permission=VIEW_HARDSHIP,
    order=42,
)

urlpatterns = [
    path("hardship/", HardshipListPage.as_view(), name="hardship_list"),
    path("hardship/<int:pk>/", HardshipPage.as_view(), name="hardship_detail"),
    path("hardship/<int:pk>/reveal/", RevealNoteView.as_view(), name="hardship_reveal"),
    path("hardship/<int:pk>/decide/", DecideCasePage.as_view(), name="hardship_decide"),
    path("debtors/<int:pk>/hardship/", OpenCasePage.as_view(), name="hardship_new"),
]
