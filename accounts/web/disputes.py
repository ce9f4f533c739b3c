"""Disputes as the office sees them: raised, routed, watched, withdrawn."""

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.db.models import F
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.disputes.enums import DISPUTE, DisputeReason, DisputeStatus
from accounts.disputes.filtersets import DisputeFilterSet
from accounts.disputes.models import Dispute
from accounts.disputes.queries import evidence_of, waits
from accounts.disputes.rules import RAISE_DISPUTE, VIEW_DISPUTE
from accounts.disputes.services import raise_dispute, route_dispute, withdraw_dispute
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import open_items
from accounts.teams.models import Department, DepartmentMembership
from accounts.web.payments import AccountVerb
from accounts.web.steps import steps_section
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, PageView, ReasonPage

MEASURED_DAYS = 90


class DisputeTable(Table):
    row_label = "account.number"

    debtor = LinkColumn(
        "accounts:dispute_detail",
        text="account.debtor.name",
        note="account.number",
        verbose_name=gettext_lazy("Debtor"),
        order_by=("account__debtor__name",),
    )
    reason = TextColumn(
        accessor="get_reason_display", verbose_name=gettext_lazy("Reason"), width=172, muted=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Disputed"), code=True, total=True, order_by=("amount",))
    upheld_amount = MoneyColumn(verbose_name=gettext_lazy("Upheld"))
    department = TextColumn(accessor="department.name", verbose_name=gettext_lazy("Department"), width=116)
    asked = TextColumn(accessor="asked.full_name", verbose_name=gettext_lazy("Asked"), width=124, muted=True)
    raised_on = DateColumn(verbose_name=gettext_lazy("Raised"), order_by=("raised_on",))
    answer_due = DateColumn(verbose_name=gettext_lazy("Answer due"), order_by=("answer_due",))
    status = StatusColumn(DisputeStatus, verbose_name=gettext_lazy("Status"), width=188, phone=True)

    class Meta:
        order_by = "answer_due"


class DisputeListPage(ListPage):
    permission = VIEW_DISPUTE
    title = gettext_lazy("Disputes")
    lead = gettext_lazy("What debtors contest, with which department it is, and since when.")
    menu = "disputes"
    queryset = Dispute.objects.select_related("account__debtor", "department", "asked")
    filterset_class = DisputeFilterSet
    table_class = DisputeTable
    list_name = "disputes"
    url_name = "accounts:dispute_list"
    count_label = ngettext_lazy("%(n)s dispute", "%(n)s disputes", "n")
    empty_text = gettext_lazy("No dispute yet. Raise one on an account's page, with the key d.")
    default_views = (
        (gettext_lazy("Open"), "status=open"),
        (gettext_lazy("Answer late"), "late=true"),
        (gettext_lazy("Rejected, left in peace"), "resting=true"),
    )

    def get_head_actions(self):
        return [Action(_("Waiting time"), reverse("accounts:dispute_waits"), icon="hourglass")]


class WaitTable(Table):
    name = TextColumn(verbose_name=gettext_lazy("Department"))
    waiting = NumberColumn(verbose_name=gettext_lazy("Waiting"), width=92)
    late = NumberColumn(verbose_name=gettext_lazy("Late"), width=92)
    longest_days = NumberColumn(verbose_name=gettext_lazy("Longest, days"), width=124)
    answered = NumberColumn(verbose_name=gettext_lazy("Answered"), width=92)
    average_days = NumberColumn(verbose_name=gettext_lazy("Average, days"), width=124)


class DisputeWaitsPage(PageView):
    """Waiting time per department (D48)."""

    permission = VIEW_DISPUTE
    title = gettext_lazy("Waiting time of departments")
    lead = gettext_lazy("Days are calendar days from the raising of a dispute.")
    menu = "disputes"
    template_name = "generic/detail.html"

    def get_crumbs(self):
        return [Crumb(_("Disputes"), reverse("accounts:dispute_list"))]

    def get_context_data(self, **kwargs):
        rows = waits(as_of=self.today, since=self.today - timedelta(days=MEASURED_DAYS))
        drawn = WaitTable.draw(
            rows, request=self.request, empty_text=_("No department was asked yet."), caption=self.title
        )
        section = Section(
            _("By department"),
            table=drawn,
            note=_("answered in the last %(n)s days") % {"n": MEASURED_DAYS},
        )
        return super().get_context_data(
            object=None,
            figures=[],
            sections=[section],
            side=[],
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


def item_rows(dispute: Dispute) -> list[dict]:
    """The named items with what is disputed of each, oldest due first."""
    return [
        {
            "pk": item.entry_id,
            "name": item.entry.description or item.entry.reference or item.entry.get_kind_display(),
            "reference": item.entry.reference,
            "due": item.entry.due_date,
            "billed": item.entry.amount,
            "amount": item.amount,
            "currency": item.currency,
        }
        for item in dispute.items.select_related("entry").order_by("entry__due_date", "entry_id")
    ]


class DisputeDetailPage(DetailPage):
    permission = VIEW_DISPUTE
    menu = "disputes"
    queryset = Dispute.objects.select_related(
        "account__debtor", "account__creditor", "department", "asked", "raised_by", "answered_by"
    )
    status_field = "status"
    list_url_name = "accounts:dispute_list"
    list_title = gettext_lazy("Disputes")

    def get_title(self):
        dispute = self.object
        return _("%(currency)s %(amount)s disputed: %(reason)s") % {
            "currency": dispute.currency,
            "amount": amount_text(dispute.amount, dispute.currency),
            "reason": dispute.get_reason_display().lower(),
        }

    def get_lead(self):
        return f"{self.object.account.debtor.name}, {self.object.account.number}"

    def get_head_actions(self):
        dispute = self.object
        actions = [
            Action(
                _("Open account"),
                reverse("accounts:account_detail", args=[dispute.account_id]),
                icon="user",
            )
        ]
        if dispute.status == DisputeStatus.OPEN:
            actions += [
                Action(
                    _("Withdraw dispute"),
                    reverse("accounts:dispute_withdraw", args=[dispute.pk]),
                    icon="arrow-back-up",
                    permission=RAISE_DISPUTE,
                ),
                Action(
                    _("Ask somebody else") if dispute.asked_id else _("Ask a department"),
                    reverse("accounts:dispute_route", args=[dispute.pk]),
                    icon="mail-forward",
                    permission=RAISE_DISPUTE,
                    primary=not dispute.asked_id,
                ),
            ]
        return actions

    def figures(self):
        dispute, code = self.object, self.object.currency
        found = [
            Figure(_("Disputed"), ui.figure(dispute.amount, code), size="xl", currency=code),
            Figure(_("Upheld"), ui.figure(dispute.upheld_amount, code)),
            Figure(_("Raised"), day_text(dispute.raised_on, self.today), note=str(dispute.raised_by)),
        ]
        if dispute.status == DisputeStatus.OPEN and dispute.answer_due:
            days = (dispute.answer_due - self.today).days
            note = _("%(n)s d left") % {"n": days} if days >= 0 else _("%(n)s d late") % {"n": -days}
            found.append(Figure(_("Answer due"), day_text(dispute.answer_due, self.today), note=note))
        elif dispute.chase_again_on:
            found.append(Figure(_("In peace until"), day_text(dispute.chase_again_on, self.today)))
        return found

    def sections(self):
        dispute = self.object
        said = [
            Fact(_("Debtor says"), dispute.statement or "–"),
            Fact(_("Department"), dispute.department or _("not asked yet")),
            Fact(_("Asked"), dispute.asked or "–"),
            Fact(_("Question"), dispute.question or "–"),
        ]
        if dispute.answered_at:
            said.append(
                Fact(
                    _("Answer"),
                    dispute.answer,
                    note=f"{dispute.answered_by}, {day_text(dispute.resolved_on, self.today)}",
                )
            )
        if dispute.credit_note_id:
            said.append(
                Fact(
                    _("Credit note"),
                    ui.money_with_code(dispute.upheld_amount, dispute.currency),
                    url=reverse("accounts:entry_detail", args=[dispute.credit_note_id]),
                )
            )
        return [
            Section(
                _("Items"),
                template="accounts/dispute_items.html",
                context={"items": item_rows(dispute), "linked": True, "currency": dispute.currency},
            ),
            Section(_("Question and answer"), facts=said),
            steps_section(DISPUTE, dispute),
        ]

    def side(self):
        return [
            Section(
                _("Evidence"),
                template="accounts/evidence.html",
                context={"files": list(evidence_of(self.object))},
            )
        ]


class AskForm(forms.Form):
    """Whom a question goes to: a named person who answers for a department."""

    asked = forms.ModelChoiceField(
        label=gettext_lazy("Ask"),
        queryset=DepartmentMembership.objects.none(),
        help_text=gettext_lazy("Sees only this question and these items, not the account."),
    )
    question = forms.CharField(label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, user: User, today, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["asked"]
        field.queryset = (
            DepartmentMembership.objects.on(today)
            .filter(user__is_active=True, user__role=Role.DEPARTMENT_USER, department__is_active=True)
            .exclude(user=user)
            .select_related("department", "user")
            .order_by("department__name", "user__full_name")
        )
        field.label_from_instance = lambda row: f"{row.department}: {row.user}"

    def routing(self) -> dict:
        membership: DepartmentMembership = self.cleaned_data["asked"]
        department: Department = membership.department
        return {
            "department": department,
            "asked": membership.user,
            "question": self.cleaned_data["question"],
        }


class MultipleFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, or none."""

    widget = MultipleFiles

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]


class DisputeForm(AskForm):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisputeReason.choices)
    statement = forms.CharField(
        label=gettext_lazy("What the debtor says"), widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = FilesField(label=gettext_lazy("Evidence"), required=False)

    def __init__(self, *args, account, today, **kwargs):
        super().__init__(*args, today=today, **kwargs)
        self.items = [
            item for item in open_items([account.pk], as_of=today)[account.pk] if item.open > item.contested
        ]
        for item in self.items:
            self.fields[f"item_{item.entry_id}"] = MoneyFormField(
                label=item.description or item.reference or item.kind,
                currency=account.currency,
                required=False,
                min_value=Decimal(0),
            )
        self.order_fields(
            [
                *(f"item_{item.entry_id}" for item in self.items),
                "reason",
                "asked",
                "statement",
                "question",
                "evidence",
            ]
        )

    def item_fields(self):
        """(item, its bound field) for the table of the form."""
        return [(item, self[f"item_{item.entry_id}"]) for item in self.items]

    def other_fields(self):
        return [self[name] for name in ("reason", "asked", "statement", "question", "evidence")]

    def clean(self):
        cleaned = super().clean()
        named = {
            item.entry_id: amount for item in self.items if (amount := cleaned.get(f"item_{item.entry_id}"))
        }
        if not named and not self.errors:
            raise forms.ValidationError(_("Say of which item how much is disputed."))
        cleaned["named"] = named
        return cleaned


class RaiseDisputePage(AccountVerb):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Raise a dispute")
    template_name = "accounts/dispute_form.html"
    form_class = DisputeForm
    button = gettext_lazy("Raise dispute and ask")
    wide_fields = ("statement", "question", "evidence")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "account": self.object,
            "user": self.request.user,
            "today": self.today,
        }

    def consequence(self):
        return _(
            "Chasing stops for these amounts only; the rest goes on. The answer of the person asked "
            "decides, not you."
        )

    def perform(self, form):
        data = form.cleaned_data
        entries = LedgerEntry.objects.in_bulk(list(data["named"]))
        return raise_dispute(
            account=self.object,
            items=[(entries[pk], amount) for pk, amount in data["named"].items()],
            reason=data["reason"],
            statement=data["statement"],
            evidence=[(file.name, file.read()) for file in data["evidence"]],
            actor=self.request.user,
            as_of=self.today,
            **form.routing(),
        )

    def get_success_message(self, result) -> str:
        return _("The question is with %(person)s, answer due %(day)s.") % {
            "person": result.asked,
            "day": day_text(result.answer_due, self.today),
        }


class DisputeVerb(ActionPage):
    menu = "disputes"
    queryset = Dispute.objects.select_related("account__debtor", "department", "asked")

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:dispute_detail", args=[self.object.pk]))]

    def facts(self):
        dispute = self.object
        return [
            Fact(_("Account"), f"{dispute.account.debtor.name} {dispute.account.number}"),
            Fact(_("Disputed"), ui.money_with_code(dispute.amount, dispute.currency)),
            Fact(_("Debtor says"), dispute.statement),
        ]

    def get_success_url(self, result) -> str:
        return reverse("accounts:dispute_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:dispute_detail", args=[self.object.pk])


class RouteDisputePage(DisputeVerb):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Ask a department")
    form_class = AskForm
    button = gettext_lazy("Ask")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def get_initial(self):
        return {"question": self.object.question}

    def consequence(self):
        return _("The question leaves whoever has it now, and its clock starts anew.")

    def perform(self, form):
        return route_dispute(dispute=self.object, actor=self.request.user, as_of=self.today, **form.routing())

    def get_success_message(self, result) -> str:
        return _("The question is with %(person)s.") % {"person": result.asked}


class WithdrawDisputePage(DisputeVerb, ReasonPage):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Withdraw a dispute")
    button = gettext_lazy("Withdraw dispute")
    is_dangerous = True

    def consequence(self):
        return _("The items are due as before and are chased again from today.")

    def perform(self, form):
        return withdraw_dispute(
            dispute=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The dispute is withdrawn.")


def late_count(user, as_of) -> int | None:
    return Dispute.objects.visible_to(user).late(as_of).order_by(F("pk")).count() or None


navigation.register(
    "disputes",
    gettext_lazy("Disputes"),
    "accounts:dispute_list",
    icon="message-report",
    permission=VIEW_DISPUTE,
    order=35,
    letter="d",
    count=late_count,
)

urlpatterns = [
    path("disputes/", DisputeListPage.as_view(), name="dispute_list"),
    path("disputes/waiting-time/", DisputeWaitsPage.as_view(), name="dispute_waits"),
    path("disputes/<int:pk>/", DisputeDetailPage.as_view(), name="dispute_detail"),
    path("disputes/<int:pk>/ask/", RouteDisputePage.as_view(), name="dispute_route"),
    path("disputes/<int:pk>/withdraw/", WithdrawDisputePage.as_view(), name="dispute_withdraw"),
    path("accounts/<int:pk>/dispute/", RaiseDisputePage.as_view(), name="dispute_new"),
]
