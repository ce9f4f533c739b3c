"""The ageing of any day: per currency, with its parts, its check against the ledger, and its accounts."""

import io
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpResponse
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from accounts.ledger.queries import bucket_labels
from accounts.parties.queries import creditor_choices, portfolio_choices
from accounts.position.aged_accounts import accounts_at_fault, accounts_of_bucket
from accounts.position.ageing import EDGES, AgeingQuestion, Bucket, CurrencyAgeing, ageing_in_parts
from accounts.teams.choices import PersonField
from accounts.teams.queries import team_choices
from collections_app.core import audit, charts, clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.money import quantise
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import NotAllowed
from collections_app.core.web import navigation
from collections_app.core.web.exports import TYPES
from collections_app.core.web.forms import DayField, MomentField, adapt
from collections_app.core.web.moments import moment_text
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import PageView, VerbView
from reports.figures.rules import VIEW_AGEING
from reports.rendering.ageing import (
    PART_LABELS,
    ageing_csv,
    ageing_pdf,
    ageing_strip,
    ageing_workbook,
    bucket_text,
)
from reports.rendering.jobs import CompareAgeing, asked_params, key_of, last_comparison, named_account
from reports.web.ties import of_currency, shown_accounts, shown_ties

BASES = {
    "due": gettext_lazy("due date"),
    "invoice": gettext_lazy("invoice date"),
    "opened": gettext_lazy("opened date of the account"),
}
NARROWING = ("creditor", "portfolio", "team", "officer")
KEPT_SECONDS = 120
ROWS_SHOWN = 200
NAMED = 20
OFFICERS = (Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER)


class AgeingForm(forms.Form):
    """What is asked. Owners are today's; an empty field does not narrow."""

    as_of = DayField(label=gettext_lazy("As of"), required=False, not_after_today=True)
    known_at = MomentField(label=gettext_lazy("As known on (UTC)"), required=False)
    basis = forms.ChoiceField(label=gettext_lazy("Age by"), choices=BASES.items(), required=False)
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    portfolio = forms.ModelChoiceField(
        label=gettext_lazy("Portfolio"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    officer = PersonField(
        label=gettext_lazy("Officer"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditor_choices(request)
        self.fields["portfolio"].queryset = portfolio_choices(request)
        self.fields["team"].queryset = team_choices(request)
        seen = Account.objects.visible_to(request.user)
        self.fields["officer"].queryset = User.objects.filter(
            role__in=OFFICERS, pk__in=seen.values("officer_id")
        ).order_by("full_name")

    def question(self, today) -> AgeingQuestion:
        data = self.cleaned_data
        known_at: datetime | None = data.get("known_at")
        chosen = {f"{name}_ids": (data[name].pk,) for name in NARROWING if data.get(name)}
        return AgeingQuestion(
            as_of=data.get("as_of") or today, known_at=known_at, basis=data.get("basis") or "due", **chosen
        )


class AgeingAsk(PageView):
    """What every page about the ageing shares: the question in the address, and its answer."""

    permission = VIEW_AGEING
    menu = "ageing"

    @cached_property
    def form(self) -> AgeingForm:
        data = self.request.GET.copy()
        data.setdefault("as_of", self.today.isoformat())
        data.setdefault("basis", "due")
        return adapt(AgeingForm(data, request=self.request))

    @cached_property
    def question(self) -> AgeingQuestion:
        if not self.form.is_valid():
            raise Http404(_("The address asks for an ageing that does not exist."))
        return self.form.question(self.today).seen_by(self.request.user)

    @cached_property
    def answer(self) -> list[CurrencyAgeing]:
        """The figures; kept for two minutes, for the file and the page after it."""
        key = f"ageing.{key_of(self.question)}"
        found = cache.get(key)
        if found is None:
            found = ageing_in_parts(self.question)
            cache.set(key, found, KEPT_SECONDS)
        return found

    @property
    def asked(self) -> str:
        """The question as a query string, without what is about one view of it."""
        chosen = {
            name: value for name, value in self.request.GET.items() if name in self.form.fields and value
        }
        return urlencode({"as_of": self.question.as_of.isoformat()} | chosen)

    def words(self) -> list[str]:
        """The question in words, for a heading and a file's control sheet."""
        data = self.form.cleaned_data if self.form.is_valid() else {}
        words = [_("by %(basis)s") % {"basis": BASES[self.question.basis]}]
        if self.question.known_at:
            words.append(_("as known on %(moment)s") % {"moment": moment_text(self.question.known_at)})
        return words + [
            str(data[name]) for name in ("creditor", "portfolio", "team", "officer") if data.get(name)
        ]


class AgeingPage(AgeingAsk):
    title = gettext_lazy("Ageing")
    lead = gettext_lazy(
        "The open book by age on any day, as known on any day; it sums to the ledger of that day."
    )
    template_name = "reports/ageing.html"

    def get_head_actions(self):
        if not self.form.is_valid() or not has_permission(self.request.user, "core.export_list"):
            return []
        return [
            Action(label, f"{reverse('reports:ageing_file', args=[kind])}?{self.asked}", icon=icon)
            for kind, label, icon in (
                ("csv", _("CSV"), "file-type-csv"),
                ("xlsx", _("Excel"), "file-spreadsheet"),
                ("pdf", _("PDF"), "file-type-pdf"),
            )
        ]

    def get(self, request, *args, **kwargs):
        if request.GET.get("fragment") == "figures" and self.form.is_valid():
            return self.response_class(
                request=request,
                template="reports/ageing_figures.html",
                context=self.figures(),
                using=self.template_engine,
            )
        return super().get(request, *args, **kwargs)

    def figures(self) -> dict[str, Any]:
        compared = last_comparison(self.question)
        # asked of the entries anew, so only where something is wrong
        is_broken = not all(row.holds for row in self.answer)
        named = accounts_at_fault(self.question, self.answer, limit=NAMED)[0] if is_broken else []
        return {
            "currencies": [self._shown(row, compared, named) for row in self.answer],
            "question": self.question,
            "compare_url": f"{reverse('reports:ageing_compare')}?{self.asked}",
            "compared": compared,
        }

    def _shown(self, row: CurrencyAgeing, compared: dict, named: list[tuple]) -> dict[str, Any]:
        code, strip = row.currency, ageing_strip(row)
        others = {one.currency for one in self.answer} - {code}
        data = [
            charts.Bar(
                label=_("Current") if bucket.label == "current" else bucket.label,
                value=bucket.balance,
                text=f"{quantise(bucket.balance, code):,}",
                css=f"a{min(index, 5)}",
            )
            for index, bucket in enumerate(row.buckets)
        ]
        return {
            "row": row,
            "code": code,
            "strip": strip,
            "tied": shown_ties(of_currency(compared, code, others), [strip], url="", is_live=True),
            "named": shown_accounts([named_account(one) for one in named if one[1] == code]),
            "lines": [
                (bucket, bucket_text(bucket.label), self._drill(code, bucket)) for bucket in row.buckets
            ],
            "parts": list(PART_LABELS.values()),
            "plot": charts.bars(_("Open by age, %(currency)s") % {"currency": code}, data),
        }

    def _drill(self, currency: str, bucket: Bucket) -> str:
        if not bucket.accounts and not bucket.balance:
            return ""
        return f"{reverse('reports:ageing_accounts', args=[currency, bucket.label])}?{self.asked}"

    def get_context_data(self, **kwargs):
        valid = self.form.is_valid()
        return super().get_context_data(
            form=self.form,
            figures_url=f"?{self.asked}&fragment=figures" if valid else "",
            words=self.words() if valid else [],
            asked_day=self.question.as_of if valid else None,
            **kwargs,
        )


class AgedTable(Table):
    debtor = LinkColumn(
        "accounts:account_detail",
        text="debtor",
        note="number",
        arg="account_id",
        verbose_name=gettext_lazy("Debtor"),
    )
    creditor = TextColumn(verbose_name=gettext_lazy("Creditor"), width=132, muted=True)
    officer = TextColumn(verbose_name=gettext_lazy("Officer"), width=120, muted=True)
    oldest_due_date = DateColumn(verbose_name=gettext_lazy("Oldest due"), width=96)
    balance = MoneyColumn(verbose_name=gettext_lazy("Balance"), width=116)
    disputed = MoneyColumn(verbose_name=gettext_lazy("Disputed"), width=104)
    on_hold = MoneyColumn(verbose_name=gettext_lazy("On hold"), width=104)
    promised = MoneyColumn(verbose_name=gettext_lazy("Promised"), width=104)
    covered = MoneyColumn(verbose_name=gettext_lazy("Covered"), width=104)
    free = MoneyColumn(verbose_name=gettext_lazy("Free"), width=116)


class AgeingAccountsPage(AgeingAsk):
    """The accounts behind one bucket, the largest first."""

    template_name = "reports/ageing_accounts.html"

    def get_title(self):
        return f"{bucket_text(self.kwargs['label'])}, {self.kwargs['currency']}"

    def get_crumbs(self):
        return [Crumb(_("Ageing"), f"{reverse('reports:ageing')}?{self.asked}")]

    def get_context_data(self, **kwargs):
        label = self.kwargs["label"]
        if label not in bucket_labels(EDGES):
            raise Http404(_("There is no such age."))
        rows, count = accounts_of_bucket(
            self.question, currency=self.kwargs["currency"], label=label, limit=ROWS_SHOWN
        )
        table = AgedTable.draw(rows, request=self.request, caption=self.get_title())
        return super().get_context_data(
            drawn=table,
            count=count,
            shown=len(rows),
            words=self.words(),
            asked_day=self.question.as_of,
            **kwargs,
        )


class AgeingFile(AgeingAsk):
    """The figures as a file, with the question and the check on a sheet of their own."""

    def get(self, request, *args, **kwargs):
        kind = kwargs["kind"]
        if not has_permission(request.user, "core.export_list"):
            raise NotAllowed(_("Your role may not take figures out in a file."))
        if kind not in ("csv", "xlsx", "pdf"):
            raise Http404(_("There is no such file."))
        audit.record_access(
            "export",
            Account,
            user=request.user,
            rows=sum(len(row.buckets) for row in self.answer),
            detail={"list": "ageing", "question": self.asked, "format": kind},
        )
        content, content_type = getattr(self, f"as_{kind}")()
        name = f"ageing-{self.question.as_of:%Y-%m-%d}.{kind}"
        if kind == "pdf":
            answer = HttpResponse(content, content_type=content_type)
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
            return answer
        return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=content_type)

    def as_csv(self) -> tuple[bytes, str]:
        return ageing_csv(self.answer), TYPES["csv"]

    def as_xlsx(self) -> tuple[bytes, str]:
        content = ageing_workbook(
            self.answer, self.question, words=", ".join(self.words()), taken_by=str(self.request.user),
            at=clock.now(),
        )  # fmt: skip
        return content, TYPES["xlsx"]

    def as_pdf(self) -> tuple[bytes, str]:
        return ageing_pdf(self.answer, self.question, words=", ".join(self.words())), "application/pdf"


class AgeingCompare(AgeingAsk, VerbView):
    """Hold an ageing against the ledger in every form it is given out in; a job, for it takes a while."""

    def perform(self, form):
        return CompareAgeing.enqueue_once(
            scope=key_of(self.question),
            params=asked_params(self.question, asked=self.asked, words=", ".join(self.words())),
            actor=self.request.user,
        )

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[result.pk])


navigation.register(
    "ageing",
    gettext_lazy("Ageing"),
    "reports:ageing",
    icon="clock",
    permission=VIEW_AGEING,
    order=71,
)

urlpatterns = [
    path("ageing/", AgeingPage.as_view(), name="ageing"),
    path("ageing/file/<str:kind>/", AgeingFile.as_view(), name="ageing_file"),
    path("ageing/compare/", AgeingCompare.as_view(), name="ageing_compare"),
    path("ageing/<str:currency>/<str:label>/", AgeingAccountsPage.as_view(), name="ageing_accounts"),
]
