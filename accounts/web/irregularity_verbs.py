"""Reporting an irregularity, giving it to somebody, ending it."""

from decimal import Decimal

from django import forms
from django.db.models import F
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.irregularities.enums import UNDER_WAY, IrregularityKind
from accounts.irregularities.models import Irregularity
from accounts.irregularities.rules import OPEN_IRREGULARITY, WORK_IRREGULARITY
from accounts.irregularities.services import (
    attach_document,
    cancel_irregularity,
    close_irregularity,
    give_irregularity,
    open_irregularity,
    take_irregularity,
)
from accounts.ledger.models import Account, LedgerEntry
from accounts.teams.choices import PersonField
from accounts.teams.models import Team
from accounts.teams.queries import members_of, present_team_ids
from accounts.web.payments import AccountVerb
from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User
from collections_app.core.money import is_known
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

ENTRIES_OFFERED = 12


class WhoForm(forms.Form):
    """By whom and by when; the choices are the people the user may see."""

    owner = PersonField(label=gettext_lazy("Owner"), queryset=User.objects.none(), required=False)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Or a team"), queryset=Team.objects.none(), required=False
    )
    due_date = DayField(label=gettext_lazy("Put right by"), not_before_today=True, required=False)

    def __init__(self, *args, user: User, today, **kwargs):
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(is_active=True).order_by("name")
        if user.role != Role.MANAGER:
            teams = teams.filter(pk__in=present_team_ids(user))
        self.fields["team"].queryset = teams
        self.fields["owner"].queryset = members_of(teams.values_list("pk", flat=True), as_of=today)

    def whom(self) -> User | Team | None:
        return self.cleaned_data["owner"] or self.cleaned_data["team"]


class ReportForm(WhoForm):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=IrregularityKind.choices)
    amount = MoneyFormField(label=gettext_lazy("Amount"), min_value=Decimal(0))
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3)
    note = forms.CharField(label=gettext_lazy("What is wrong"), widget=forms.Textarea(attrs={"rows": 3}))

    field_order = ("kind", "amount", "currency", "due_date", "owner", "team", "note")

    def clean_currency(self):
        currency = self.cleaned_data["currency"].upper()
        if not is_known(currency):
            raise forms.ValidationError(_("This is not the code of a currency, such as EUR."))
        return currency


def _report(form, *, account: Account | None, user, today) -> Irregularity:
    data = form.cleaned_data
    return open_irregularity(
        kind=data["kind"],
        amount=data["amount"],
        currency=data["currency"],
        note=data["note"],
        account=account,
        owner=form.whom(),
        due_date=data["due_date"],
        actor=user,
        as_of=today,
    )


class Reporting(ActionPage):
    permission = OPEN_IRREGULARITY
    title = gettext_lazy("Report an irregularity")
    menu = "irregularities"
    form_class = ReportForm
    button = gettext_lazy("Report irregularity")
    two_columns = True
    wide_fields = ("note",)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def consequence(self):
        return _("It stays on the list until somebody says what put it right.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:irregularity_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("The irregularity is reported.")


class ReportIrregularityPage(Reporting):
    def get_crumbs(self):
        return [Crumb(_("Irregularities"), reverse("accounts:irregularity_list"))]

    def get_initial(self):
        office = Organisation.objects.first()
        return {"currency": office.currency} if office else {}

    def perform(self, form):
        return _report(form, account=None, user=self.request.user, today=self.today)


class ReportOnAccountPage(Reporting, AccountVerb):
    def get_initial(self):
        return {"currency": self.object.currency}

    def get_form(self):
        form = super().get_form()
        form.fields["currency"].disabled = True
        return form

    def perform(self, form):
        return _report(form, account=self.object, user=self.request.user, today=self.today)


class IrregularityVerb(ActionPage):
    menu = "irregularities"
    permission = WORK_IRREGULARITY
    queryset = Irregularity.objects.select_related("account", "owner", "team")
    statuses = UNDER_WAY

    def get_crumbs(self):
        return [
            Crumb(_("Irregularities"), reverse("accounts:irregularity_list")),
            Crumb(
                self.object.get_kind_display(),
                reverse("accounts:irregularity_detail", args=[self.object.pk]),
            ),
        ]

    def facts(self):
        case = self.object
        return [
            Fact(_("What"), case.get_kind_display()),
            Fact(_("Amount"), ui.money_with_code(case.amount, case.currency)),
            Fact(_("Owner"), case.whose() or _("nobody yet")),
            Fact(_("What is wrong"), case.note),
        ]

    def get_success_url(self, result) -> str:
        return reverse("accounts:irregularity_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:irregularity_detail", args=[self.object.pk])


class TakeIrregularityView(IrregularityVerb, VerbView):
    def perform(self, form):
        return take_irregularity(irregularity=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("It is yours now.")


class GiveForm(WhoForm):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_date"].required = True

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("owner") and not cleaned.get("team"):
            raise forms.ValidationError(_("Say to whom: a person or a team."))
        return cleaned


class GiveIrregularityPage(IrregularityVerb):
    title = gettext_lazy("Give to somebody")
    form_class = GiveForm
    button = gettext_lazy("Give irregularity")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def get_initial(self):
        return {"due_date": max(self.object.due_date, self.today), "owner": self.object.owner_id}

    def perform(self, form):
        return give_irregularity(
            irregularity=self.object,
            owner=form.whom(),
            due_date=form.cleaned_data["due_date"],
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("It is with %(owner)s.") % {"owner": result.whose()}


def entries_for(case: Irregularity, user: User) -> list[int]:
    """Entries that may have put a case right, the likeliest first: what bears the reference of the entry
    it is about (money on the wrong account goes to another), then the latest of the debtor's accounts.
    Without an account those of its amount."""
    in_view = Account.objects.visible_to(user)
    entries = LedgerEntry.objects.filter(currency=case.currency).order_by(F("id").desc())
    if case.account is None:
        likely = [entries.filter(account__in=in_view, amount=case.amount, value_date__gte=case.found_on)]
    else:
        beside = in_view.filter(debtor=case.account.debtor_id).values_list("pk", flat=True)
        likely = [entries.filter(account=case.account), entries.filter(account__in=list(beside))]
        about = LedgerEntry.objects.filter(pk=case.subject_id).exclude(reference="")
        if case.subject_type == LedgerEntry._meta.label_lower and (entry := about.first()) is not None:
            named = entries.filter(account__in=in_view, reference=entry.reference)
            likely.insert(0, named.exclude(pk=entry.pk))
    found: dict[int, None] = {}
    for one in likely:
        found |= dict.fromkeys(one.values_list("pk", flat=True)[:ENTRIES_OFFERED])
    return list(found)[:ENTRIES_OFFERED]


class CloseForm(forms.Form):
    entries = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Postings that put it right"),
        queryset=LedgerEntry.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "The latest entries of the debtor's accounts. Post the correction first, if it is not there."
        ),
    )
    note = forms.CharField(label=gettext_lazy("What put it right"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, case: Irregularity, user: User, today, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["entries"]
        if case.account_id is None:
            field.help_text = _("Entries of the same amount since it was found.")
        newest = entries_for(case, user)
        field.queryset = (
            LedgerEntry.objects.filter(pk__in=newest).select_related("account").order_by(F("id").desc())
        )

        def words(entry: LedgerEntry) -> str:
            return ", ".join(
                filter(
                    None,
                    [
                        entry.get_kind_display(),
                        amount_text(entry.amount, entry.currency),
                        day_text(entry.value_date, today),
                        entry.reference,
                        "" if entry.account_id == case.account_id else entry.account.number,
                    ],
                )
            )

        field.label_from_instance = words
        if not newest:
            del self.fields["entries"]


class CloseIrregularityPage(IrregularityVerb):
    title = gettext_lazy("Close an irregularity")
    form_class = CloseForm
    button = gettext_lazy("Close irregularity")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "case": self.object,
            "user": self.request.user,
            "today": self.today,
        }

    def perform(self, form):
        return close_irregularity(
            irregularity=self.object,
            entries=form.cleaned_data.get("entries", ()),
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The irregularity is closed.")


class CancelIrregularityPage(IrregularityVerb, ReasonPage):
    title = gettext_lazy("Nothing was wrong")
    button = gettext_lazy("Cancel irregularity")
    is_dangerous = True

    def perform(self, form):
        return cancel_irregularity(
            irregularity=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The irregularity is cancelled.")


class PaperForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Paper"))


class AddPaperPage(IrregularityVerb):
    permission = OPEN_IRREGULARITY
    title = gettext_lazy("Add a paper")
    form_class = PaperForm
    button = gettext_lazy("Add paper")

    def perform(self, form):
        file = form.cleaned_data["file"]
        return attach_document(
            irregularity=self.object, content=file.read(), filename=file.name, actor=self.request.user
        )

    def get_success_message(self, result) -> str:
        return _("The paper is added.")


urlpatterns = [
    path("irregularities/new/", ReportIrregularityPage.as_view(), name="irregularity_new"),
    path("accounts/<int:pk>/irregularity/", ReportOnAccountPage.as_view(), name="account_irregularity_new"),
    path("irregularities/<int:pk>/take/", TakeIrregularityView.as_view(), name="irregularity_take"),
    path("irregularities/<int:pk>/give/", GiveIrregularityPage.as_view(), name="irregularity_give"),
    path("irregularities/<int:pk>/close/", CloseIrregularityPage.as_view(), name="irregularity_close"),
    path("irregularities/<int:pk>/cancel/", CancelIrregularityPage.as_view(), name="irregularity_cancel"),
    path("irregularities/<int:pk>/paper/", AddPaperPage.as_view(), name="irregularity_document"),
]
