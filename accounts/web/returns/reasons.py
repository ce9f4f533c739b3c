"""The reasons of each scheme: what holds, what is proposed, who approved."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from accounts.returns.enums import REASON, ActionClass, Block, ReasonStatus, Scheme, TaskFor
from accounts.returns.filtersets import ReasonFilterSet
from accounts.returns.models import ReturnReason
from accounts.returns.reasons import VALUES, decide_reason, propose_reason
from accounts.returns.rules import VIEW_RETURN
from accounts.web.steps import steps_section
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage


class ReasonTable(Table):
    row_label = "code"

    code = LinkColumn(
        "accounts:return_reason_detail",
        text="code",
        note="meaning",
        verbose_name=gettext_lazy("Code"),
        order_by=("scheme", "code"),
    )
    scheme = TextColumn(accessor="get_scheme_display", verbose_name=gettext_lazy("Scheme"), width=172)
    asks = TextColumn(accessor="get_action_class_display", verbose_name=gettext_lazy("Asks for"), width=172)
    retries = TextColumn(
        accessor="retries_in_words",
        verbose_name=gettext_lazy("Try again"),
        width=228,
        muted=True,
        shown=False,
    )
    stops = TextColumn(accessor="stops_in_words", verbose_name=gettext_lazy("Stops"), width=228, muted=True)
    fee = TextColumn(
        accessor="fee_in_words", verbose_name=gettext_lazy("Fee"), width=76, muted=True, shown=False
    )
    source = TextColumn(
        accessor="source_in_words", verbose_name=gettext_lazy("Source"), width=124, muted=True
    )
    valid_from = DateColumn(verbose_name=gettext_lazy("From"), order_by=("valid_from",), shown=False)
    status = StatusColumn(ReasonStatus, verbose_name=gettext_lazy("Status"), width=140)

    class Meta:
        order_by = "code"


class ReasonListPage(ListPage):
    permission = VIEW_RETURN
    title = gettext_lazy("Reasons of returns")
    lead = gettext_lazy("What each scheme's codes mean here, and what follows when one arrives.")
    menu = "returns"
    queryset = ReturnReason.objects.all()
    filterset_class = ReasonFilterSet
    table_class = ReasonTable
    list_name = "return_reasons"
    url_name = "accounts:return_reason_list"
    count_label = ngettext_lazy("%(n)s reason", "%(n)s reasons", "n")
    empty_text = gettext_lazy("No reason is set up.")
    default_views = (
        (gettext_lazy("In force"), "in_force=true"),
        (gettext_lazy("Waiting for approval"), "status=proposed"),
        (gettext_lazy("Not verified"), "in_force=true&unverified=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Returns"), reverse("accounts:return_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("New reason"),
                reverse("accounts:return_reason_new"),
                icon="plus",
                permission=PROPOSE_POLICY,
            )
        ]


class ReasonDetailPage(DetailPage):
    permission = VIEW_RETURN
    menu = "returns"
    queryset = ReturnReason.objects.select_related("made_by", "approved_by")
    status_field = "status"
    list_url_name = "accounts:return_reason_list"
    list_title = gettext_lazy("Reasons of returns")
    has_history = False

    def get_lead(self):
        return self.object.get_scheme_display()

    def get_head_actions(self):
        reason = self.object
        if reason.status == ReasonStatus.PROPOSED:
            return [
                Action(
                    _("Reject"),
                    reverse("accounts:return_reason_reject", args=[reason.pk]),
                    icon="circle-x",
                    permission=PROPOSE_POLICY,
                ),
                Action(
                    _("Approve"),
                    reverse("accounts:return_reason_approve", args=[reason.pk]),
                    icon="circle-check",
                    primary=True,
                    permission=APPROVE_POLICY,
                ),
            ]
        return [
            Action(
                _("Propose a change"),
                reverse("accounts:return_reason_change", args=[reason.pk]),
                icon="edit",
                permission=PROPOSE_POLICY,
            )
        ]

    def sections(self):
        reason = self.object
        facts = [
            Fact(_("Code"), reason.code),
            Fact(_("Meaning"), reason.meaning()),
            Fact(_("Asks for"), reason.get_action_class_display()),
            Fact(_("Try again"), reason.retries_in_words() or _("never")),
            Fact(_("Stops"), reason.get_blocks_display()),
            Fact(
                _("Task"),
                reason.get_task_for_display(),
                note=_("due in %(n)s business days") % {"n": reason.task_days},
            ),
            Fact(
                _("Fee to the debtor"),
                _("as the policy «Returned payments: fee» says") if reason.charges_fee else _("none"),
                url=reverse("accounts:policy_kind", args=["return_fee"]) if reason.charges_fee else "",
            ),
            Fact(
                _("Source"),
                reason.source or _("trade knowledge"),
                note="" if reason.is_verified else _("not verified: ask your bank"),
            ),
            Fact(_("In force from"), day_text(reason.valid_from, self.today)),
            Fact(_("In use"), _("yes") if reason.is_active else _("no, retired")),
            Fact(_("Why"), reason.note or "–"),
            Fact(_("Proposed by"), reason.made_by, note=str(reason.approved_by or "")),
        ]
        return [Section(_("What follows from it"), facts=facts), steps_section(REASON, reason)]


class ReasonForm(forms.Form):
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    code = forms.CharField(label=gettext_lazy("Code"), max_length=24)
    label = forms.CharField(label=gettext_lazy("Meaning"), max_length=120)
    action_class = forms.ChoiceField(label=gettext_lazy("Asks for"), choices=ActionClass.choices)
    retry_limit = forms.IntegerField(
        label=gettext_lazy("Try again, at most so often"), min_value=0, max_value=10, initial=0
    )
    retry_days = forms.IntegerField(
        label=gettext_lazy("After, days"), min_value=1, max_value=365, required=False
    )
    retry_window_days = forms.IntegerField(
        label=gettext_lazy("Within, days from the first payment"), min_value=1, max_value=1000, required=False
    )
    blocks = forms.ChoiceField(label=gettext_lazy("Stops"), choices=Block.choices)
    task_for = forms.ChoiceField(label=gettext_lazy("Task for"), choices=TaskFor.choices)
    task_days = forms.IntegerField(
        label=gettext_lazy("Due in, business days"), min_value=0, max_value=60, initial=2
    )
    charges_fee = forms.BooleanField(label=gettext_lazy("Lays the return fee on the debtor"), required=False)
    is_verified = forms.BooleanField(label=gettext_lazy("From a published source"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=200, required=False)
    valid_from = DayField(label=gettext_lazy("In force from"), not_before_today=True)
    note = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class NewReasonPage(ActionPage):
    permission = PROPOSE_POLICY
    menu = "returns"
    title = gettext_lazy("New reason")
    form_class = ReasonForm
    button = gettext_lazy("Propose reason")
    two_columns = True
    wide_fields = ("label", "note")

    def get_crumbs(self):
        return [Crumb(_("Reasons of returns"), reverse("accounts:return_reason_list"))]

    def get_initial(self):
        return {"valid_from": self.today}

    def consequence(self):
        return _(
            "It holds from that day once another manager has approved it. Past returns stay as they are."
        )

    def perform(self, form):
        data = form.cleaned_data
        return propose_reason(
            scheme=data["scheme"],
            code=data["code"],
            values={name: data[name] for name in VALUES},
            valid_from=data["valid_from"],
            note=data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:return_reason_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("The reason waits for approval.")


class ChangeReasonPage(NewReasonPage):
    title = gettext_lazy("Propose a change")
    queryset = ReturnReason.objects.all()

    def get_initial(self):
        given = {name: getattr(self.object, name) for name in VALUES}
        return {**given, "scheme": self.object.scheme, "code": self.object.code, "valid_from": self.today}

    def get_form(self):
        form = super().get_form()
        form.fields["scheme"].disabled = form.fields["code"].disabled = True
        return form


class DecideReason(ReasonPage):
    menu = "returns"
    queryset = ReturnReason.objects.all()
    statuses = (ReasonStatus.PROPOSED,)

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:return_reason_detail", args=[self.object.pk]))]

    def get_success_url(self, result):
        return reverse("accounts:return_reason_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:return_reason_detail", args=[self.object.pk])

    def decide(self, form, *, approve: bool):
        return decide_reason(
            reason=self.object,
            approve=approve,
            comment=form.cleaned_data.get("reason", ""),
            actor=self.request.user,
            as_of=self.today,
        )


class ApproveReasonPage(DecideReason):
    permission = APPROVE_POLICY
    title = gettext_lazy("Approve a reason")
    form_class = forms.Form
    button = gettext_lazy("Approve reason")

    def perform(self, form):
        return self.decide(form, approve=True)

    def facts(self):
        reason = self.object
        return [
            Fact(_("Code"), str(reason)),
            Fact(_("Asks for"), reason.get_action_class_display()),
            Fact(_("Try again"), reason.retries_in_words() or _("never")),
            Fact(_("Stops"), reason.get_blocks_display()),
            Fact(_("In force from"), day_text(reason.valid_from, self.today)),
            Fact(_("Proposed by"), reason.made_by),
            Fact(_("Why"), reason.note),
        ]

    def get_success_message(self, result) -> str:
        return _("The reason is approved.")


class RejectReasonPage(DecideReason):
    permission = PROPOSE_POLICY
    title = gettext_lazy("Reject a reason")
    button = gettext_lazy("Reject reason")

    def perform(self, form):
        return self.decide(form, approve=False)

    def get_success_message(self, result) -> str:
        return _("The proposal is rejected.")


urlpatterns = [
    path("return-reasons/", ReasonListPage.as_view(), name="return_reason_list"),
    path("return-reasons/new/", NewReasonPage.as_view(), name="return_reason_new"),
    path("return-reasons/<int:pk>/", ReasonDetailPage.as_view(), name="return_reason_detail"),
    path("return-reasons/<int:pk>/change/", ChangeReasonPage.as_view(), name="return_reason_change"),
    path("return-reasons/<int:pk>/approve/", ApproveReasonPage.as_view(), name="return_reason_approve"),
    path("return-reasons/<int:pk>/reject/", RejectReasonPage.as_view(), name="return_reason_reject"),
]
