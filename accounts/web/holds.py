"""Holds: what is stopped, on whom or on what, why and until when."""

from datetime import timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.urls import path, reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.holds.enums import HOLD, PLACED_BY_HAND, HoldReason, HoldScope, HoldStatus
from accounts.holds.filtersets import HoldFilterSet
from accounts.holds.models import Hold
from accounts.holds.rules import (
    PLACE_HOLD,
    VIEW_HOLD,
    may_lift,
)
from accounts.holds.services import HOLD_PROTECTS, lift_hold, place_hold
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.parties.models import Debtor
from accounts.web.payments import AccountVerb
from accounts.web.steps import steps_section
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import day_text, full_day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, AnyDayList, DetailPage, ListPage, ReasonPage

SOON_DAYS = 7


def scopes_text(scopes) -> str:
    """The stopped things in words, in their order."""
    return ", ".join(str(HoldScope(scope).label) for scope in HoldScope.values if scope in scopes)


def subject_text(hold: Hold) -> str:
    """Who or what is held."""
    if hold.debtor is not None:
        return hold.debtor.name
    if hold.entry is not None:
        item = hold.entry.description or hold.entry.reference or hold.entry.get_kind_display()
        return f"{hold.account.debtor.name}: {item}"
    return hold.account.debtor.name


def subject_kind(hold: Hold) -> str:
    if hold.debtor_id:
        return _("person")
    return _("charge") if hold.entry_id else hold.account.number


def open_end_text(hold: Hold) -> str:
    """What ends a hold without a last day."""
    if hold.breathing_space_id:
        return _("30 days after the crisis treatment has ended")
    return _("lifted by a person")


def until_text(hold: Hold, today) -> str:
    """Its last day, or what ends it."""
    if hold.last_day:
        return day_text(hold.last_day, today)
    return _("treatment ends") if hold.breathing_space_id else _("lifted")


def _subject(row, context) -> str:
    return format_html(
        '<a class="lk" href="{}"><bdi>{}</bdi></a> <bdi class="m n">{}</bdi>',
        reverse("accounts:hold_detail", args=[row.pk]),
        subject_text(row),
        subject_kind(row),
    )


class HoldTable(Table):
    subject = RowColumn(_subject, verbose_name=gettext_lazy("On"), phone=True, accessor="pk")
    stops = TextColumn(accessor="stops_in_words", verbose_name=gettext_lazy("Stops"), width=228, wrap=False)
    reason = TextColumn(
        accessor="get_reason_display", verbose_name=gettext_lazy("Reason"), width=172, muted=True
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"), order_by=("first_day",))
    last_day = RowColumn(
        lambda row, context: escape(until_text(row, context.today)),
        accessor="last_day",
        verbose_name=gettext_lazy("Until"),
        order_by=("last_day",),
        width=108,
    )
    placed_by = TextColumn(
        accessor="placed_by.full_name", verbose_name=gettext_lazy("By"), width=124, muted=True
    )
    status = StatusColumn(HoldStatus, verbose_name=gettext_lazy("Status"), width=108, phone=True)

    class Meta:
        order_by = "-first_day"


class HoldListPage(AnyDayList, ListPage):
    permission = VIEW_HOLD
    title = gettext_lazy("Holds")
    lead = gettext_lazy("What must not be done now. A hold outranks every strategy, campaign and plan.")
    menu = "holds"
    queryset = Hold.objects.select_related("debtor", "account__debtor", "entry", "placed_by")
    filterset_class = HoldFilterSet
    table_class = HoldTable
    list_name = "holds"
    day_field = "first_day"
    lifecycle = HOLD
    only_now = ("ends_within",)
    url_name = "accounts:hold_list"
    count_label = ngettext_lazy("%(n)s hold", "%(n)s holds", "n")
    empty_text = gettext_lazy("Nothing is held. Place a hold on an account's page, with the key h.")
    default_views = (
        (gettext_lazy("Active"), "status=active"),
        (gettext_lazy("Ends within 7 days"), f"ends_within={SOON_DAYS}"),
        (gettext_lazy("On persons"), "status=active&subject=debtor"),
        (gettext_lazy("Without an end"), "status=active&open_end=true"),
    )

    def get_head_actions(self):
        return [
            Action(_("Breathing spaces"), reverse("accounts:breathing_space_list"), icon="hand-stop")
        ]


class HoldDetailPage(DetailPage):
    permission = VIEW_HOLD
    menu = "holds"
    queryset = Hold.objects.select_related("debtor", "account__debtor", "entry", "placed_by", "lifted_by")
    status_field = "status"
    list_url_name = "accounts:hold_list"
    list_title = gettext_lazy("Holds")

    def get_title(self):
        return _("Hold: %(reason)s") % {"reason": self.object.get_reason_display().lower()}

    def get_lead(self):
        return f"{subject_text(self.object)} ({subject_kind(self.object)})"

    def get_head_actions(self):
        hold = self.object
        if hold.breathing_space_id:
            # it is extended, ended and undone as one, for all the debts it protects
            address = reverse("accounts:breathing_space_detail", args=[hold.breathing_space_id])
            return [Action(_("Breathing space"), address, icon="hand-stop")]
        if hold.status != HoldStatus.ACTIVE or not may_lift(self.request.user, hold):
            return []
        return [Action(_("Lift hold"), reverse("accounts:hold_lift", args=[hold.pk]), icon="lock-open")]

    def sections(self):
        hold = self.object
        if hold.debtor_id:
            on = Fact(
                _("On"),
                hold.debtor.name,
                url=reverse("accounts:debtor_detail", args=[hold.debtor_id]),
                note=_("the person, all accounts at this creditor"),
            )
        else:
            on = Fact(
                _("On"),
                f"{hold.account.debtor.name} {hold.account.number}",
                url=reverse("accounts:account_detail", args=[hold.account_id]),
                note=subject_text(hold) if hold.entry_id else "",
            )
        facts = [
            on,
            Fact(_("Stops"), scopes_text(hold.scopes)),
            Fact(_("From"), day_text(hold.first_day, self.today)),
            Fact(
                _("Until"),
                day_text(hold.last_day, self.today) if hold.last_day else open_end_text(hold),
            ),
            Fact(_("Placed by"), hold.placed_by),
            Fact(_("Note"), hold.note or "–"),
        ]
        if hold.lifted_on:
            facts += [
                Fact(_("Lifted"), f"{day_text(hold.lifted_on, self.today)}, {hold.lifted_by}"),
                Fact(_("Because"), hold.lift_reason),
            ]
        return [Section(_("The hold"), facts=facts), steps_section(HOLD, hold)]


class HoldForm(forms.Form):
    """What is stopped, why and until when; `opened` is the first day on which there was anything to stop."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Stops"), choices=HoldScope.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=PLACED_BY_HAND,
        help_text=gettext_lazy("Died, insolvent or a minor: record a legal fact, it stops all his accounts."),
    )
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until somebody lifts it."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def __init__(self, *args, opened=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.opened = opened

    def clean_first_day(self):
        day = self.cleaned_data["first_day"]
        if self.opened is not None and day < self.opened:
            raise forms.ValidationError(
                _("There was no account before %(day)s. Look at the year."),
                code="early",
                params={"day": full_day_text(self.opened)},
            )
        return day

    def clean(self):
        said = super().clean()
        if said.get("reason") == HoldReason.OPT_OUT and said.get("last_day"):
            # the day offered here is for holds that wait for something
            self.add_error(
                "last_day", _("Who opted out stays so until he says otherwise: leave this day empty.")
            )
        return said


class AccountHoldForm(HoldForm):
    subject = forms.ChoiceField(label=gettext_lazy("On"))

    def __init__(self, *args, account: Account, today, **kwargs):
        super().__init__(*args, **kwargs)
        items = open_items([account.pk], as_of=today)[account.pk]
        self.fields["subject"].choices = [
            ("account", _("Account %(number)s") % {"number": account.number}),
            ("debtor", _("%(name)s, the person") % {"name": account.debtor.name}),
            *((f"entry-{item.entry_id}", item.description or item.reference or item.kind) for item in items),
        ]
        self.order_fields(["subject", "reason", "scopes", "first_day", "last_day", "note"])


class PlaceHoldPage(AccountVerb):
    permission = PLACE_HOLD
    title = gettext_lazy("Place a hold")
    form_class = AccountHoldForm
    button = gettext_lazy("Place hold")
    wide_fields = ("scopes", "note")

    def get_form_kwargs(self):
        account = self.object
        return super().get_form_kwargs() | {
            "account": account,
            "opened": account.opened_date,
            "today": self.today,
        }

    def get_initial(self):
        return {
            "subject": "account",
            "scopes": [HoldScope.CONTACT, HoldScope.DEMAND],
            "first_day": self.today,
            "last_day": self.today + timedelta(days=14),
        }

    def consequence(self):
        return _("From that day on nothing that it stops can be done, by anybody and by any job.")

    def perform(self, form):
        data = dict(form.cleaned_data)
        subject = data.pop("subject")
        on = {"account": self.object}
        if subject == "debtor":
            on = {"debtor": self.object.debtor}
        elif subject.startswith("entry-"):
            entry = LedgerEntry.objects.get(pk=subject.removeprefix("entry-"), account=self.object)
            on = {"account": self.object, "entry": entry}
        return place_hold(**data, **on, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("The hold is in force: %(scopes)s.") % {"scopes": scopes_text(result.scopes).lower()}


class DebtorVerb(ActionPage):
    """A form about one debtor that leads back to his page."""

    menu = "debtors"
    two_columns = True

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user).values("debtor")
        return Debtor.objects.filter(pk__in=seen).select_related("creditor", "identity")

    def get_crumbs(self):
        return [Crumb(self.object.name, reverse("accounts:debtor_detail", args=[self.object.pk]))]

    def get_success_url(self, result) -> str:
        return reverse("accounts:debtor_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:debtor_detail", args=[self.object.pk])


class PlaceDebtorHoldPage(DebtorVerb):
    permission = PLACE_HOLD
    title = gettext_lazy("Place a hold on the person")
    form_class = HoldForm
    button = gettext_lazy("Place hold")
    wide_fields = ("scopes", "note")

    def get_initial(self):
        return {"scopes": [HoldScope.CONTACT], "first_day": self.today}

    def perform(self, form):
        return place_hold(**form.cleaned_data, debtor=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("The hold is in force: %(scopes)s.") % {"scopes": scopes_text(result.scopes).lower()}


class LiftHoldPage(ReasonPage):
    permission = PLACE_HOLD
    title = gettext_lazy("Lift a hold")
    menu = "holds"
    queryset = Hold.objects.select_related("debtor", "account__debtor", "entry")
    button = gettext_lazy("Lift hold")

    def get_object(self):
        hold = super().get_object()
        if not may_lift(self.request.user, hold):
            raise PermissionDenied(HOLD_PROTECTS)
        return hold

    def facts(self):
        hold = self.object
        return [
            Fact(_("On"), subject_text(hold)),
            Fact(_("Stops"), scopes_text(hold.scopes)),
            Fact(_("Reason"), hold.get_reason_display()),
            Fact(_("From"), day_text(hold.first_day, self.today)),
        ]

    def consequence(self):
        return _("From today on it stops nothing; what another hold stops stays stopped.")

    def perform(self, form):
        return lift_hold(
            hold=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The hold is lifted.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:hold_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:hold_detail", args=[self.object.pk])


navigation.register(
    "holds",
    gettext_lazy("Holds"),
    "accounts:hold_list",
    icon="hand-stop",
    permission=VIEW_HOLD,
    order=40,
    letter="h",
)

urlpatterns = [
    path("holds/", HoldListPage.as_view(), name="hold_list"),
    path("holds/<int:pk>/", HoldDetailPage.as_view(), name="hold_detail"),
    path("holds/<int:pk>/lift/", LiftHoldPage.as_view(), name="hold_lift"),
    path("accounts/<int:pk>/hold/", PlaceHoldPage.as_view(), name="hold_new"),
    path("debtors/<int:pk>/hold/", PlaceDebtorHoldPage.as_view(), name="debtor_hold_new"),
]
