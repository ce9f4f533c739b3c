"""Why not contacted: the whole book by the one reason that stops each account first, and one account."""

from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, Count, DateField, F, Max, Min, Sum, When
from django.db.models.functions import TruncDate
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.rules import VIEW_PERMIT
from accounts.compliance.wording import source_words
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.queries import creditor_choices
from accounts.teams.queries import team_choices
from accounts.web.account_parts import debtor_column
from campaigns.why_not import rules
from campaigns.why_not.enums import WAY, AnswerState, DayReason, reason_label
from campaigns.why_not.jobs import WorkOutAnswers
from campaigns.why_not.models import DayAnswer
from campaigns.why_not.queries import Answer, answer_of
from campaigns.why_not.wording import NOBODY, Meaning, meaning_of, span_text, until_text
from campaigns.worklists.enums import NextAction
from collections_app.core import clock, panels
from collections_app.core.enums import JobStatus
from collections_app.core.models import Job
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import icon_html
from collections_app.core.web.forms import adapt
from collections_app.core.web.parts import Action, Crumb, Figure
from collections_app.core.web.tables import MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage, PageView

navigation.register(
    "why_not",
    gettext_lazy("Not contacted"),
    "campaigns:why_not",
    icon="user-question",
    permission=rules.VIEW,
    order=14,
    group="office",
)


@dataclass
class ReasonRow:
    """One reason over the accounts in view; `sums` per currency, most accounts first."""

    reason: str
    state: str
    accounts: int
    sums: dict[str, Any]
    until: str
    url: str

    @property
    def label(self) -> str:
        return reason_label(self.reason)

    @property
    def meaning(self) -> Meaning:
        return meaning_of(self.reason)

    @property
    def help_url(self) -> str:
        """Where what helps is done: its own page, else the accounts themselves."""
        meaning = self.meaning
        if meaning.page:
            return reverse(meaning.page) + (f"?{meaning.query}" if meaning.query else "")
        return "" if meaning.mover is NOBODY else self.url


class BookForm(forms.Form):
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("All creditors"),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=None, required=False, empty_label=gettext_lazy("All teams")
    )


class WhyNotPage(PageView):
    """Every overdue account in view is counted once: contacted, on a list, or under one reason."""

    permission = rules.VIEW
    template_name = "campaigns/why_not.html"
    title = gettext_lazy("Why not contacted")
    lead = gettext_lazy(
        "Every overdue account nobody will contact today, with the one reason that stops it first."
    )
    menu = "why_not"

    def get_head_actions(self):
        return [
            Action(
                _("Work out anew"),
                reverse("campaigns:why_not_work_out"),
                icon="refresh",
                permission=rules.WORK_OUT,
                post=True,
            ),
            Action(
                _("See the accounts"),
                reverse("campaigns:why_not_accounts") + f"?state={AnswerState.STOPPED}",
                icon="table-export",
                permission=rules.VIEW,
            ),
        ]

    def get_context_data(self, **kwargs):
        form = adapt(BookForm(self.request.GET or None))
        form.fields["creditor"].queryset = creditor_choices(self.request)
        form.fields["team"].queryset = team_choices(self.request)
        chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
        narrowed = {name: row for name, row in chosen.items() if row is not None}
        rows = self.rows(narrowed)
        stopped = [row for row in rows if row.state == AnswerState.STOPPED]
        counts = {state: sum(row.accounts for row in rows if row.state == state) for state in AnswerState}
        accounts = self.overdue(narrowed).count()
        return super().get_context_data(
            form=form,
            rows=stopped,
            most=max((row.accounts for row in stopped), default=1),
            sums=_added(stopped),
            figures=self.figures(rows, accounts, counts),
            counts=counts,
            accounts=accounts,
            unanswered=accounts - sum(counts.values()),
            worked_out=self.worked_out(),
            **kwargs,
        )

    def overdue(self, narrowed):
        return Account.objects.visible_to(self.request.user).overdue().filter(**narrowed)

    def rows(self, narrowed) -> list[ReasonRow]:
        """What the accounts in view answered, those that owe nothing any more left out."""
        day = Case(
            When(until__isnull=False, then=TruncDate("until", tzinfo=timezone.get_current_timezone())),
            default=F("until_day"),
            output_field=DateField(),
        )
        found = (
            DayAnswer.objects.filter(account__in=self.overdue(narrowed))
            .order_by()
            .values("state", "reason", "currency")
            .annotate(
                number=Count("pk"),
                total=Sum("account__standing__overdue"),
                first=Min(day),
                last=Max(day),
            )
        )
        query = "".join(f"&{name}={row.pk}" for name, row in narrowed.items())
        merged: dict[tuple[str, str], list[dict]] = {}
        for line in found:
            merged.setdefault((line["state"], line["reason"]), []).append(line)
        rows = [self.row(*key, lines, query) for key, lines in merged.items()]
        missing = {DayReason.NO_RULE.value} - {row.reason for row in rows}
        rows += [ReasonRow(reason, AnswerState.STOPPED, 0, {}, "", "") for reason in sorted(missing)]
        return sorted(rows, key=lambda row: (row.reason == DayReason.NO_RULE, -row.accounts, row.reason))

    def row(self, state: str, reason: str, lines: list[dict], query: str) -> ReasonRow:
        days = [line[end] for line in lines for end in ("first", "last") if line[end] is not None]
        return ReasonRow(
            reason=reason,
            state=state,
            accounts=sum(line["number"] for line in lines),
            sums={line["currency"]: line["total"] for line in sorted(lines, key=lambda row: row["currency"])},
            until=span_text(reason, min(days, default=None), max(days, default=None), self.today),
            url=reverse("campaigns:why_not_accounts") + f"?reason={reason}{query}",
        )

    def figures(self, rows, accounts, counts) -> list[Figure]:
        base = reverse("campaigns:why_not_accounts")
        return [
            Figure(_("Overdue accounts"), f"{accounts:,}", size="ask"),
            *(
                Figure(state.label, f"{counts[state]:,}", url=f"{base}?state={state.value}")
                for state in AnswerState
            ),
        ]

    @staticmethod
    def worked_out():
        """When the book was last gone through to its end; None before the first time."""
        return (
            Job.objects.filter(runner=WorkOutAnswers.name, status=JobStatus.DONE)
            .order_by("-id")
            .values_list("finished_at", flat=True)
            .first()
        )


def _added(rows: list[ReasonRow]) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for row in rows:
        for currency, amount in row.sums.items():
            sums[currency] = sums.get(currency, 0) + amount
    return dict(sorted(sums.items()))


# ---- the accounts of a reason ----


def _reason_choices():
    known = DayAnswer.objects.order_by("reason").values_list("reason", flat=True).distinct()
    return [(code, reason_label(code)) for code in known]


class AnswerFilterSet(OfAccountFilterSet):
    state = django_filters.MultipleChoiceFilter(label=gettext_lazy("Today"), choices=AnswerState.choices)
    reason = django_filters.MultipleChoiceFilter(label=gettext_lazy("Reason"), choices=_reason_choices)
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Team"), field_name="account__team", queryset=team_choices
    )
    currency = django_filters.CharFilter(label=gettext_lazy("Currency"), lookup_expr="iexact")

    class Meta:
        model = DayAnswer
        fields: list[str] = []


def _reason_cell(row: DayAnswer, context) -> str:
    meaning = meaning_of(row.reason)
    words = escape(row.reason_label)
    return f'<span class="st q {meaning.tone}">{icon_html(meaning.icon)}{words}</span>'


def _until_cell(row: DayAnswer, context) -> str:
    return escape(until_text(row.reason, row.until_day, row.until, context.today))


class AnswerTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:account_detail", arg="account_id")
    reason = RowColumn(
        _reason_cell,
        accessor="reason_label",
        verbose_name=gettext_lazy("Reason"),
        order_by=("reason", "account_id"),
    )
    overdue = MoneyColumn(
        accessor="account.standing.overdue",
        verbose_name=gettext_lazy("Overdue"),
        code=True,
        total=True,
        order_by=("account__standing__overdue", "account_id"),
    )
    until = RowColumn(
        _until_cell,
        accessor="last_day",
        verbose_name=gettext_lazy("Until"),
        width=172,
        order_by=("until", "until_day", "account_id"),
    )
    officer = TextColumn(
        accessor="account.officer.full_name",
        verbose_name=gettext_lazy("Officer"),
        width=140,
        muted=True,
    )
    creditor = TextColumn(
        accessor="account.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=140,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "-overdue"


class AnswerListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Overdue accounts today")
    lead = gettext_lazy("Whether each is contacted today and, if not, what stops it first.")
    menu = "why_not"
    filterset_class = AnswerFilterSet
    table_class = AnswerTable
    list_name = "why_not_accounts"
    url_name = "campaigns:why_not_accounts"
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    empty_text = gettext_lazy(
        "No overdue account has this answer. Work the reasons out anew if they are old."
    )

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user).overdue()
        return DayAnswer.objects.filter(account__in=seen).select_related(
            "account__debtor", "account__creditor", "account__officer", "account__standing"
        )

    def get_crumbs(self):
        return [Crumb(_("Why not contacted"), reverse("campaigns:why_not"))]


class WorkOutView(ActionPage):
    """Queues the pass over the whole book; the page of the job shows how far it is."""

    permission = rules.WORK_OUT
    http_method_names = ["post", "options"]

    def perform(self, form):
        return WorkOutAnswers.enqueue_once(as_of=self.today, actor=self.request.user)

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


# ---- one account ----


class AccountAnswer(PageView):
    """The answer of one account at this moment, worked out as it is asked for."""

    permission = "accounts.view_account"
    title = gettext_lazy("Why not contacted")
    menu = "accounts"
    template_name = "campaigns/why_not_account.html"
    fragments = {"why-not": "answer"}

    def get_context_data(self, **kwargs):
        seen = Account.objects.visible_to(self.request.user).select_related("creditor")
        account = seen.filter(**self.kwargs).first()
        if account is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        answer = answer_of(account, now=clock.now())
        told = None
        if answer is not None:
            meaning = meaning_of(answer.reason)
            told = {
                "state": answer.state.label,
                "label": reason_label(answer.reason),
                "meaning": meaning,
                "source": source_words(answer.source),
                "until": until_text(answer.reason, answer.until_day, answer.until, self.today),
                "meant": NextAction(answer.action).label if answer.action else "",
                "ways": ways_text(answer, self.today),
                "permits": has_permission(self.request.user, VIEW_PERMIT),
            }
        return super().get_context_data(account=account, told=told, **kwargs)


def ways_text(answer: Answer, today) -> str:
    """The ways the gate leaves where it closes the one that was meant: "Letter, E-mail 23 Nov 09:00"."""
    if not answer.reason.startswith(WAY):
        return ""
    return ", ".join(
        str(Channel(channel).label)
        if opens is None
        else f"{Channel(channel).label} {until_text('', None, opens, today)}"
        for channel, opens in answer.ways
    )


def asked_here(ids, user, as_of) -> dict[str, Any]:
    """Only the place of the answer: it is fetched once the account's page is drawn."""
    (account_id,) = ids
    return {"account": account_id}


def register() -> None:
    """Called when the URLs are read."""
    panels.register(
        "account.now",
        order=15,
        provider=asked_here,
        template="campaigns/why_not_place.html",
        name="why_not.answer",
    )


urlpatterns = [
    path("why-not/", WhyNotPage.as_view(), name="why_not"),
    path("why-not/accounts/", AnswerListPage.as_view(), name="why_not_accounts"),
    path("why-not/work-out/", WorkOutView.as_view(), name="why_not_work_out"),
    path("why-not/accounts/<int:pk>/", AccountAnswer.as_view(), name="why_not_account"),
]
