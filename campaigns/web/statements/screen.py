"""A statement on screen, for any period, and as a workbook; from here it is issued."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.web.account_who import family
from campaigns.statements import rules
from campaigns.statements.addressees import addressees
from campaigns.statements.enums import Delivery
from campaigns.statements.figures import DoesNotBalance, Figures, prove
from campaigns.statements.papers import Sender, statement_context
from campaigns.statements.queries import Wanted, accounts_of, statements
from campaigns.statements.services import issue_statement, reference_of, trace_unreached
from campaigns.statements.workbook import statement_workbook
from collections_app.core import audit, clock
from collections_app.core.models import Organisation
from collections_app.core.web.forms import DayField, MomentField, adapt
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.views import ActionPage, PageView

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PeriodForm(forms.Form):
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("To"), not_after_today=True)

    def clean(self):
        data = super().clean()
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The period ends before it begins."))
        return data


class ScreenForm(PeriodForm):
    known_at = MomentField(label=gettext_lazy("As known on (UTC)"), required=False)


def usual_period(today: date) -> tuple[date, date]:
    """From the first of the month before last until today."""
    month = today.replace(day=1)
    for _month in range(2):
        month = (month - timedelta(days=1)).replace(day=1)
    return month, today


class Stated:
    """What the pages of a statement share: whose it is, which accounts the user may state.

    `noun` is "debtor" or "account"; the address holds its key.
    """

    noun = "debtor"
    request: Any
    kwargs: dict[str, Any]

    @cached_property
    def account(self) -> Account | None:
        if self.noun != "account":
            return None
        rows = Account.objects.visible_to(self.request.user).exclude(status=AccountStatus.VOID)
        found = rows.select_related("debtor__creditor").filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        return found

    @cached_property
    def debtor(self) -> Debtor:
        """The root of the debtor's records."""
        if self.account is not None:
            found = self.account.debtor
        else:
            rows = Debtor.objects.visible_to(self.request.user).select_related("creditor")
            found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(_("There is no such debtor, or he belongs to another team."))
        if found.merged_into_id:
            return Debtor.objects.select_related("creditor").get(pk=found.merged_into_id)
        return found

    @cached_property
    def accounts(self) -> list[Account]:
        """Those he may see of this debtor, or the one."""
        if self.account is not None:
            return [self.account]
        rows = accounts_of(Account.objects.visible_to(self.request.user).filter(family(self.debtor)))
        return list(rows)

    def hidden_count(self) -> int:
        """Accounts of the debtor that are other teams', so not on his statement."""
        if self.account is not None:
            return 0
        return accounts_of(Account.objects.filter(family(self.debtor))).count() - len(self.accounts)

    @property
    def key(self) -> int:
        return self.account.pk if self.account else self.debtor.pk

    def about(self) -> str:
        if self.account is not None:
            return f"{self.debtor.name} {self.account.number}"
        return self.debtor.name

    def get_crumbs(self):
        page = "account_detail" if self.account else "debtor_detail"
        return [Crumb(self.about(), reverse(f"accounts:{page}", args=[self.key]))]


class ScreenPage(Stated, PageView):
    """The statement as the debtor or his representative would get it, in the language of that one;
    `?format=xlsx` is the workbook.

    `?known_at=` shows what it would have said by what was known then; issued is what is known now.
    """

    offers_known_at = True

    permission = rules.VIEW
    template_name = "campaigns/statement_screen.html"
    title = gettext_lazy("Statement of account")
    menu = "debtors"

    @cached_property
    def form(self) -> ScreenForm:
        first, last = usual_period(self.today)
        data = self.request.GET if "first_day" in self.request.GET else None
        form = ScreenForm(data, initial={"first_day": first, "last_day": last})
        return adapt(form)

    @cached_property
    def period(self) -> tuple[date, date] | None:
        """The days asked for; None when the form says what is wrong with them."""
        if not self.form.is_bound:
            return usual_period(self.today)
        if not self.form.is_valid():
            return None
        return self.form.cleaned_data["first_day"], self.form.cleaned_data["last_day"]

    @cached_property
    def figures(self) -> Figures | None:
        if self.period is None or not self.accounts:
            return None
        first, last = self.period
        account_id = self.account.pk if self.account else None
        wanted = Wanted(self.debtor.pk, account_id, tuple(self.accounts))
        (figures,) = statements([wanted], first_day=first, last_day=last, known_at=self.known_until)
        return figures

    @cached_property
    def sender(self) -> Sender:
        """As the paper is addressed: to who represents the debtor where somebody does."""
        about = [account.pk for account in self.accounts]
        (reader,) = addressees([(self.debtor, about)], as_of=self.today)
        return Sender(self.debtor, self.debtor.creditor, Organisation.objects.first(), addressee=reader)

    def get(self, request, *args, **kwargs):
        self.debtor  # noqa: B018 another team's debtor is a 404 first
        if request.GET.get("format") == "xlsx" and self.figures is not None:
            return self.workbook()
        return super().get(request, *args, **kwargs)

    def workbook(self) -> HttpResponse:
        figures = self.figures
        prove(figures)
        audit.record_access(
            "exported", self.account or self.debtor, user=self.request.user, detail={"what": "statement"}
        )
        response = HttpResponse(statement_workbook(figures, self.sender), content_type=WORKBOOK)
        name = f"{reference_of(figures)}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response

    def get_lead(self):
        return _("%(name)s, as the paper says it, in the language of who gets it.") % {"name": self.about()}

    def get_head_actions(self):
        if self.figures is None or self.figures.is_empty or self.unsound():
            return []
        first, last = self.period
        days = {"first_day": first.isoformat(), "last_day": last.isoformat()}
        query = urlencode(days | ({"known_at": self.known_at_text} if self.known_at else {}))
        here = reverse(f"campaigns:{self.noun}_statement", args=[self.key])
        issue = reverse(f"campaigns:{self.noun}_statement_issue", args=[self.key])
        return [
            Action(
                _("Clearance letter"),
                reverse(f"campaigns:{self.noun}_clearance", args=[self.key]),
                icon="shield-check",
                permission=rules.CLEAR,
            ),
            Action(_("Excel"), f"{here}?{query}&format=xlsx", icon="file-spreadsheet"),
            Action(
                _("Issue as PDF"), f"{issue}?{query}", icon="file-text", primary=True, permission=rules.ISSUE
            ),
        ]

    def unsound(self) -> str:
        """Why it could not be issued; empty when it balances."""
        try:
            prove(self.figures)
        except DoesNotBalance as refusal:
            return refusal.message
        return ""

    def get_context_data(self, **kwargs):
        figures = self.figures
        shown = statement_context(figures, self.sender, reference=reference_of(figures)) if figures else None
        return super().get_context_data(
            form=self.form,
            figures=figures,
            shown=shown,
            unsound=self.unsound() if figures else "",
            hidden=self.hidden_count(),
            **kwargs,
        )


class DebtorScreenPage(ScreenPage):
    noun = "debtor"


class AccountScreenPage(ScreenPage):
    noun = "account"
    menu = "accounts"


class IssueForm(PeriodForm):
    delivery = forms.ChoiceField(label=gettext_lazy("How it goes out"), choices=Delivery.choices)
    is_requested = forms.BooleanField(
        label=gettext_lazy("The debtor asked for it"),
        required=False,
        help_text=gettext_lazy("Then it is no reminder: a hold on demands does not stop it."),
    )
    is_again = forms.BooleanField(
        label=gettext_lazy("Issue it again"),
        required=False,
        help_text=gettext_lazy("Needed only if a statement of the same days exists."),
    )


class IssuePage(Stated, ActionPage):
    permission = rules.ISSUE
    title = gettext_lazy("Issue statement")
    button = gettext_lazy("Issue statement")
    form_class = IssueForm
    two_columns = True
    wide_fields = ("delivery",)
    menu = "debtors"

    def get_object(self):
        return self.account or self.debtor

    def get_initial(self):
        first, last = usual_period(self.today)
        asked = self.request.GET
        return {
            "first_day": asked.get("first_day", first),
            "last_day": asked.get("last_day", last),
            "delivery": Delivery.NONE,
        }

    def facts(self):
        return [
            Fact(_("Debtor"), self.debtor.name),
            Fact(_("Accounts"), ", ".join(row.number for row in self.accounts[:8])),
            Fact(_("Creditor"), self.debtor.creditor),
        ]

    def consequence(self):
        return _(
            "The paper is kept. If it goes out, the contact rules are asked first, "
            "and once more before it leaves."
        )

    def perform(self, form):
        return issue_statement(
            accounts=self.accounts,
            account=self.account,
            actor=self.request.user,
            as_of=self.today,
            now=clock.now(),
            **form.cleaned_data,
        )

    def after_refusal(self, refusal):
        if isinstance(refusal, rules.NotSent) and refusal.is_unreached:
            is_new = trace_unreached(
                debtor=self.debtor,
                delivery=self.request.POST.get("delivery", ""),
                actor=self.request.user,
                as_of=self.today,
                now=clock.now(),
            )
            if is_new:
                messages.info(self.request, _("A task asks for a working address of this debtor."))

    def get_success_message(self, result):
        return _("The statement is issued.")

    def get_success_url(self, result):
        return reverse("campaigns:statement_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse(f"campaigns:{self.noun}_statement", args=[self.key])


class DebtorIssuePage(IssuePage):
    noun = "debtor"


class AccountIssuePage(IssuePage):
    noun = "account"
    menu = "accounts"
