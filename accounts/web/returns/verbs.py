"""Saying that a payment came back, presenting it again, allowing a means again."""

from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.enums import COMES_BACK, METHODS_OF, RETRY, RetryStatus, Scheme
from accounts.returns.models import MeansStop, Retry, ReturnReason
from accounts.returns.queries import came_back_unexplained
from accounts.returns.retries import end_stop, give_up_retry, present_again, why_not
from accounts.returns.rules import END_STOP, RECORD_RETURN, VIEW_RETURN
from accounts.returns.services import explain_return, record_return
from accounts.web.account_parts import account_action, debtor_line
from accounts.web.late_postings import LateReasonForm
from accounts.web.payments import entry_of
from accounts.web.steps import steps_section
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.views import ActionPage, DetailPage, ReasonPage


def reason_choices(schemes, day) -> list:
    """The reasons of these schemes in groups, as (scheme:code, words)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for reason in ReturnReason.objects.in_force(day).filter(scheme__in=schemes).order_by("scheme", "code"):
        words = str(reason)
        if not reason.is_verified:
            words = _("%(reason)s (not verified)") % {"reason": words}
        groups.setdefault(reason.get_scheme_display(), []).append((f"{reason.scheme}:{reason.code}", words))
    return [("", _("Choose the bank's reason")), *groups.items()]


class ReturnForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why it came back"))
    return_date = DayField(label=gettext_lazy("Came back on"), not_after_today=True)
    amount = MoneyFormField(
        label=gettext_lazy("What came back"),
        min_value=Decimal("0.001"),
        help_text=gettext_lazy("Less than the payment only if the bank paid a part."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Bank's certificate or reference"), max_length=60, required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, entry: LedgerEntry, today, **kwargs):
        super().__init__(*args, **kwargs)
        schemes = [
            scheme for scheme, methods in METHODS_OF.items() if not entry.method or entry.method in methods
        ]
        self.fields["reason"].choices = reason_choices(schemes, today)
        self.fields["amount"].currency = entry.currency

    def clean_reason(self) -> tuple[str, str]:
        scheme, code = self.cleaned_data["reason"].split(":", 1)
        return scheme, code


class RecordReturnPage(ActionPage):
    permission = RECORD_RETURN
    title = gettext_lazy("It came back")
    menu = "accounts"
    form_class = ReturnForm
    button = gettext_lazy("Record the return")
    is_dangerous = True
    two_columns = True
    wide_fields = ("reason", "note")

    def get_object(self):
        entry = entry_of(self.request.user, self.kwargs["pk"])
        if entry.kind != EntryKind.PAYMENT or LedgerEntry.objects.filter(reverses=entry).exists():
            raise Http404(_("Only a payment that stands can come back."))
        if entry.method not in COMES_BACK:
            raise Http404(_("No bank takes back what was paid so: «Posted by mistake» corrects it."))
        return entry

    def get_crumbs(self):
        account = self.object.account
        return [
            Crumb(
                f"{account.debtor.name} {account.number}",
                reverse("accounts:account_detail", args=[account.pk]),
            )
        ]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"entry": self.object, "today": self.today}

    def get_initial(self):
        return {"return_date": self.today, "amount": self.object.amount}

    def facts(self):
        entry = self.object
        return [
            Fact(_("Payment"), ui.money_with_code(entry.amount, entry.currency)),
            Fact(_("Value date"), day_text(entry.value_date, self.today)),
            Fact(_("Paid by"), entry.get_method_display() if entry.method else "–"),
            Fact(_("Reference"), entry.reference or "–"),
            Fact(_("Account"), f"{entry.account.debtor.name} {entry.account.number}"),
        ]

    def consequence(self):
        return _(
            "The payment is reversed on that day, what it had paid is open again and promises are judged "
            "anew. If only a part came back, the part that stayed is paid in anew on the same day. The "
            "reason decides on the fee, the task, the next try and whether this means is stopped."
        )

    def perform(self, form):
        data = form.cleaned_data
        scheme, code = data["reason"]
        return record_return(
            entry=self.object,
            scheme=scheme,
            code=code,
            return_date=data["return_date"],
            amount=data["amount"],
            certificate=data["certificate"],
            note=data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:return_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:account_detail", args=[self.object.account_id])

    def get_success_message(self, result) -> str:
        return _("The return is recorded.")


class ExplainReturnPage(RecordReturnPage):
    """Why a payment came back whose reversal the books have already."""

    title = gettext_lazy("Say why it came back")
    button = gettext_lazy("Save the reason")
    is_dangerous = False

    def get_object(self):
        entry = entry_of(self.request.user, self.kwargs["pk"])
        if entry.kind != EntryKind.PAYMENT or not came_back_unexplained(entry):
            raise Http404(_("Nobody asks why of this entry."))
        return entry

    def get_form(self):
        form = super().get_form()
        del form.fields["return_date"], form.fields["amount"]
        return form

    def consequence(self):
        return _(
            "Nothing is posted: the books have the reversal. The reason decides on the task and the next try."
        )

    def perform(self, form):
        scheme, code = form.cleaned_data["reason"]
        return explain_return(
            entry=self.object,
            scheme=scheme,
            code=code,
            certificate=form.cleaned_data["certificate"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The reason is kept.")


class RetryDetailPage(DetailPage):
    permission = VIEW_RETURN
    menu = "returns"
    queryset = Retry.objects.select_related(
        "account__debtor", "account__standing", "payment_return__reason", "entry"
    )
    status_field = "status"
    list_url_name = "accounts:retry_list"
    list_title = gettext_lazy("Retries")

    def get_title(self):
        retry = self.object
        return _("%(currency)s %(amount)s to be presented again") % {
            "currency": retry.currency,
            "amount": amount_text(retry.amount, retry.currency),
        }

    def get_lead(self):
        return debtor_line(self.object.account)

    def get_head_actions(self):
        retry = self.object
        actions = [account_action(retry.account_id)]
        if retry.status == RetryStatus.PLANNED:
            actions += [
                Action(
                    _("Give up"),
                    reverse("accounts:retry_give_up", args=[retry.pk]),
                    icon="circle-x",
                    permission=RECORD_RETURN,
                ),
                Action(
                    _("Presented and paid"),
                    reverse("accounts:retry_present", args=[retry.pk]),
                    icon="circle-check",
                    primary=True,
                    permission=RECORD_RETURN,
                ),
            ]
        return actions

    def figures(self):
        retry, code = self.object, self.object.currency
        return [
            Figure(_("Amount"), ui.figure(retry.amount, code), size="xl", currency=code),
            Figure(_("Planned for"), day_text(retry.planned_date, self.today)),
            Figure(_("Attempt"), str(retry.attempt), note=str(retry.get_scheme_display())),
            Figure(_("Owed now"), ui.balance(retry.account.standing.balance, code)),
        ]

    def sections(self):
        retry = self.object
        facts = [
            Fact(
                _("Came back for"),
                retry.payment_return.reason,
                url=reverse("accounts:return_detail", args=[retry.payment_return_id]),
            )
        ]
        if retry.status == RetryStatus.PLANNED and (reason := why_not(retry, self.today)):
            facts.append(Fact(_("Not now"), reason))
        if retry.entry_id:
            facts.append(
                Fact(
                    _("Paid"),
                    day_text(retry.entry.value_date, self.today),
                    url=reverse("accounts:entry_detail", args=[retry.entry_id]),
                )
            )
        if retry.note:
            facts.append(Fact(_("Because"), retry.note))
        return [Section(_("The retry"), facts=facts), steps_section(RETRY, retry)]


class RetryVerb(ActionPage):
    menu = "returns"
    permission = RECORD_RETURN
    queryset = Retry.objects.select_related("account__debtor", "account__standing", "payment_return__reason")
    statuses = (RetryStatus.PLANNED,)

    def get_crumbs(self):
        return [
            Crumb(_("Retries"), reverse("accounts:retry_list")),
            Crumb(self.object.account.number, reverse("accounts:retry_detail", args=[self.object.pk])),
        ]

    def facts(self):
        retry = self.object
        return [
            Fact(_("Account"), f"{retry.account.debtor.name} {retry.account.number}"),
            Fact(_("Came back for"), retry.payment_return.reason),
            Fact(_("Planned for"), day_text(retry.planned_date, self.today)),
            Fact(_("Owed now"), ui.money_with_code(retry.account.standing.balance, retry.currency)),
        ]

    def get_success_url(self, result):
        return reverse("accounts:retry_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return reverse("accounts:retry_detail", args=[self.object.pk])


class PresentForm(LateReasonForm):
    amount = MoneyFormField(label=gettext_lazy("Amount that arrived"), min_value=Decimal("0.001"))
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)

    def __init__(self, *args, retry: Retry, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = retry.currency
        self.ask_when_late(account=retry.account, user=user)


class PresentAgainPage(RetryVerb):
    title = gettext_lazy("Presented and paid")
    form_class = PresentForm
    button = gettext_lazy("Post payment")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"retry": self.object, "user": self.request.user}

    def get_initial(self):
        owed = max(self.object.account.standing.balance, Decimal(0))
        return {"amount": min(self.object.amount, owed), "value_date": self.today}

    def consequence(self):
        return _(
            "A payment is posted and the retry is done. If it comes back once more, that is the next try."
        )

    def perform(self, form):
        return present_again(
            retry=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The payment is posted.")


class GiveUpRetryPage(RetryVerb, ReasonPage):
    title = gettext_lazy("Give up a retry")
    button = gettext_lazy("Give up")
    is_dangerous = True

    def perform(self, form):
        return give_up_retry(
            retry=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("It is not presented again.")


class EndStopPage(ReasonPage):
    permission = END_STOP
    menu = "returns"
    title = gettext_lazy("Allow this means again")
    button = gettext_lazy("Allow it again")

    def get_queryset(self):
        return MeansStop.objects.filter(
            account__in=Account.objects.visible_to(self.request.user), ended_on__isnull=True
        ).select_related("account__debtor", "payment_return__reason")

    def get_crumbs(self):
        return [
            Crumb(_("Returns"), reverse("accounts:return_list")),
            Crumb(
                self.object.account.number,
                reverse("accounts:return_detail", args=[self.object.payment_return_id]),
            ),
        ]

    def facts(self):
        stop = self.object
        return [
            Fact(_("Account"), f"{stop.account.debtor.name} {stop.account.number}"),
            Fact(_("Means"), Scheme(stop.scheme).label),
            Fact(_("Came back for"), stop.payment_return.reason),
        ]

    def consequence(self):
        return _("Payments by this means may be collected and tried again from today.")

    def perform(self, form):
        return end_stop(
            stop=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result):
        return reverse("accounts:return_detail", args=[self.object.payment_return_id])

    def get_cancel_url(self):
        return reverse("accounts:return_detail", args=[self.object.payment_return_id])

    def get_success_message(self, result) -> str:
        return _("It is allowed again.")


urlpatterns = [
    path("entries/<int:pk>/came-back/", RecordReturnPage.as_view(), name="return_new"),
    path("entries/<int:pk>/why-it-came-back/", ExplainReturnPage.as_view(), name="return_explain"),
    path("retries/<int:pk>/", RetryDetailPage.as_view(), name="retry_detail"),
    path("retries/<int:pk>/present/", PresentAgainPage.as_view(), name="retry_present"),
    path("retries/<int:pk>/give-up/", GiveUpRetryPage.as_view(), name="retry_give_up"),
    path("means-stops/<int:pk>/end/", EndStopPage.as_view(), name="means_stop_end"),
]
