"""The contact log: every attempt once, logging one made elsewhere, correcting, notes, stops."""

from django import forms
from django.db.models import OuterRef, Subquery
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.enums import Judgement, Rule
from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts.enums import (
    ContactDirection,
    IdentityItem,
    NonPaymentReason,
    Outcome,
)
from accounts.contacts.filtersets import BreachFilterSet, ContactAttemptFilterSet
from accounts.contacts.models import AttemptAccount, ContactAttempt
from accounts.contacts.rules import ADD_NOTE, PLAN_FOLLOW_UP, STOP_POINT
from accounts.contacts.services import (
    add_note,
    correct_attempt,
    log_attempt,
    opt_out,
)
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Debtor
from collections_app.core import clock
from collections_app.core.web import navigation
from collections_app.core.web.forms import MomentInput
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage

navigation.register(
    "contacts",
    gettext_lazy("Contacts"),
    "accounts:contact_list",
    icon="phone",
    permission="accounts.view_contact",
    order=60,
    letter="k",
)


class ContactTable(Table):
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at")
    debtor = LinkColumn(
        "accounts:contact_detail",
        text="debtor.name",
        note="account_number",
        verbose_name=gettext_lazy("Debtor"),
    )
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=124)
    direction = TextColumn(accessor="get_direction_display", verbose_name=gettext_lazy("Way"), width=52)
    outcome = StatusColumn(Outcome, verbose_name=gettext_lazy("Outcome"), width=156)
    reason = TextColumn(
        accessor="get_nonpayment_reason_display", verbose_name=gettext_lazy("Why unpaid"), width=156
    )
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=140)
    judgement = StatusColumn(
        Judgement, accessor="counted.judgement", verbose_name=gettext_lazy("Judged"), width=108
    )
    person = TextColumn(
        accessor="get_person_reached_display", verbose_name=gettext_lazy("Reached"), shown=False
    )
    source = TextColumn(accessor="get_source_display", verbose_name=gettext_lazy("Source"), shown=False)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), shown=False)
    duration = NumberColumn(accessor="duration_seconds", verbose_name=gettext_lazy("Seconds"), shown=False)
    note = TextColumn(verbose_name=gettext_lazy("Note"), shown=False)

    row_label = "debtor.name"

    class Meta:
        order_by = "-at"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.counted.judgement == Judgement.BREACH else ""


def attempts():
    """Standing attempts with what a row of a table reads, each once whatever its accounts."""
    first = AttemptAccount.objects.filter(attempt=OuterRef("pk")).order_by("pk").values("account__number")[:1]
    return (
        ContactAttempt.objects.standing()
        .select_related("debtor", "creditor", "officer", "counted")
        .annotate(account_number=Subquery(first))
    )


class ContactList(ListPage):
    permission = "accounts.view_contact"
    title = gettext_lazy("Contacts")
    lead = gettext_lazy("Every attempt once: made here, logged afterwards, imported.")
    menu = "contacts"
    list_name = "contacts"
    url_name = "accounts:contact_list"
    table_class = ContactTable
    filterset_class = ContactAttemptFilterSet
    count_label = ngettext_lazy("%(n)s contact", "%(n)s contacts", "n")
    empty_text = gettext_lazy("No contact yet. Open an account and call, or log a contact made elsewhere.")
    default_views = (
        (gettext_lazy("Calls"), "channel=call"),
        (gettext_lazy("Right party"), "right_party=true"),
        (gettext_lazy("Without permit"), "judgement=lawful"),
    )

    def get_queryset(self):
        return attempts().visible_to(self.request.user)

    def get_head_actions(self):
        return [
            Action(
                _("Breaches"),
                reverse("accounts:breach_list"),
                icon="alert-triangle",
                permission="accounts.view_breach",
            )
        ]


class BreachTable(Table):
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at")
    debtor = LinkColumn(
        "accounts:contact_detail",
        text="debtor.name",
        note="account_number",
        verbose_name=gettext_lazy("Debtor"),
    )
    rule = StatusColumn(Rule, accessor="counted.rule", verbose_name=gettext_lazy("Rule"), width=260)
    channel = StatusColumn(Channel, verbose_name=gettext_lazy("Channel"), width=124)
    outcome = StatusColumn(Outcome, verbose_name=gettext_lazy("Outcome"), width=140)
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=140)
    source = TextColumn(accessor="get_source_display", verbose_name=gettext_lazy("Source"), width=140)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=140)

    row_label = "debtor.name"

    class Meta:
        order_by = "-at"


class BreachList(ListPage):
    permission = "accounts.view_breach"
    title = gettext_lazy("Breaches")
    lead = gettext_lazy("Contacts that happened without a permit and broke a rule of their own moment.")
    menu = "contacts"
    list_name = "breaches"
    url_name = "accounts:breach_list"
    table_class = BreachTable
    filterset_class = BreachFilterSet
    count_label = ngettext_lazy("%(n)s breach", "%(n)s breaches", "n")
    empty_text = gettext_lazy("No contact broke a rule.")

    def get_queryset(self):
        return attempts().filter(counted__judgement=Judgement.BREACH).visible_to(self.request.user)

    def get_crumbs(self):
        return [Crumb(_("Contacts"), reverse("accounts:contact_list"))]


class ContactDetail(DetailPage):
    permission = "accounts.view_contact"
    menu = "contacts"
    list_url_name = "accounts:contact_list"
    list_title = gettext_lazy("Contacts")
    queryset = ContactAttempt.objects.select_related(
        "debtor", "creditor", "officer", "counted", "permit", "contact_point", "supersedes"
    )
    status_field = "outcome"

    def get_title(self):
        return _("%(channel)s with %(debtor)s") % {
            "channel": self.object.get_channel_display(),
            "debtor": self.object.debtor.name,
        }

    @cached_property
    def correction(self) -> ContactAttempt | None:
        return ContactAttempt.objects.filter(supersedes=self.object).first()

    def get_head_actions(self):
        if self.correction:
            return []
        return [
            Action(
                _("Correct"),
                reverse("accounts:contact_correct", args=[self.object.pk]),
                icon="edit",
                permission=MAKE_CONTACT,
            )
        ]

    def sections(self):
        attempt = self.object
        seen = Account.objects.visible_to(self.request.user).filter(attempts=attempt).order_by("number")
        what = [
            Fact(_("When"), attempt.at, template="accounts/contacts/moment.html"),
            Fact(_("Way"), attempt.get_direction_display()),
            Fact(_("Reached"), attempt.get_person_reached_display()),
            Fact(
                _("Compared"),
                ", ".join(str(IdentityItem(item).label) for item in attempt.checked_items) or _("nothing"),
            ),
            Fact(_("Why unpaid"), attempt.get_nonpayment_reason_display() or _("not asked")),
            Fact(_("Officer"), attempt.officer or _("nobody named")),
            Fact(_("Source"), attempt.get_source_display()),
            *[
                Fact(_("Account"), account.number, reverse("accounts:account_detail", args=[account.pk]))
                for account in seen
            ],
        ]
        if attempt.note:
            what.append(Fact(_("Note"), attempt.note))
        if attempt.colleague_reason:
            what.append(Fact(_("Called beside a colleague"), attempt.colleague_reason))
        if attempt.supersedes_id:
            what.append(
                Fact(
                    _("Corrects"),
                    _("an earlier entry"),
                    reverse("accounts:contact_detail", args=[attempt.supersedes_id]),
                )
            )
        if self.correction:
            what.append(
                Fact(
                    _("Corrected by"),
                    _("a later entry"),
                    reverse("accounts:contact_detail", args=[self.correction.pk]),
                )
            )
        return [Section(_("What happened"), facts=what), Section(_("The gate"), facts=self.gate_facts())]

    def gate_facts(self) -> list[Fact]:
        """The permit and what it rested on, or how it was judged."""
        attempt = self.object
        counted = attempt.counted
        facts = [Fact(_("Judged"), counted.get_judgement_display())]
        if counted.rule:
            facts.append(Fact(_("Rule"), Rule(counted.rule).label))
        if attempt.permit:
            permit = attempt.permit
            facts += [
                Fact(_("Profile"), permit.profile),
                Fact(_("Their clock"), ", ".join(permit.facts.get("zones", []))),
                *[Fact(name, used) for name, used in sorted(permit.facts.get("counts", {}).items())],
            ]
        return facts


class VisibleAccountPage(ActionPage):
    """A form about one account the user may see."""

    @cached_property
    def account(self) -> Account:
        found = (
            Account.objects.visible_to(self.request.user)
            .select_related("debtor", "creditor")
            .filter(pk=self.kwargs["pk"])
            .first()
        )
        if found is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        return found

    def get_object(self):
        return self.account

    def get_crumbs(self):
        return [Crumb(str(self.account.debtor), self.get_success_url(None))]

    def get_success_url(self, result) -> str:
        return reverse("accounts:account_detail", args=[self.account.pk])

    def get_cancel_url(self) -> str:
        return self.get_success_url(None)


class LogContactForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    direction = forms.ChoiceField(label=gettext_lazy("Way"), choices=ContactDirection.choices)
    at = forms.DateTimeField(label=gettext_lazy("When"), widget=MomentInput)
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Outcome.choices)
    contact_point = forms.ModelChoiceField(
        label=gettext_lazy("Number or address"), queryset=ContactPoint.objects.none(), required=False
    )
    nonpayment_reason = forms.ChoiceField(
        label=gettext_lazy("Why unpaid"),
        choices=[("", "–"), *NonPaymentReason.choices],
        required=False,
    )
    checked_items = forms.MultipleChoiceField(
        label=gettext_lazy("Compared"),
        choices=IdentityItem.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    accounts = forms.ModelMultipleChoiceField(
        label=gettext_lazy("About these accounts"),
        queryset=Account.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    colleague_reason = forms.CharField(
        label=gettext_lazy("Why beside a colleague"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Only when a colleague spoke with this debtor in the same minute."),
    )

    def __init__(self, *args, accounts, points, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["accounts"].queryset = accounts
        self.fields["contact_point"].queryset = points

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at > clock.now():
            raise forms.ValidationError(_("This moment is still to come."))
        return at


class LogContact(VisibleAccountPage):
    """Logs what was made elsewhere; without a permit it is judged at its time."""

    permission = MAKE_CONTACT
    title = gettext_lazy("Log a contact")
    lead = gettext_lazy("For what happened outside the product. It is judged by the rules of its moment.")
    button = gettext_lazy("Log contact")
    form_class = LogContactForm
    two_columns = True
    wide_fields = ("accounts", "checked_items", "note", "colleague_reason")

    def get_form_kwargs(self):
        debtor = self.account.debtor
        return super().get_form_kwargs() | {
            "accounts": Account.objects.visible_to(self.request.user)
            .filter(debtor=debtor, status="open")
            .order_by("number")
            | Account.objects.filter(pk=self.account.pk),
            "points": ContactPoint.objects.filter(debtor=debtor).order_by("kind", "-is_primary", "id"),
        }

    def get_initial(self):
        return {
            "at": clock.now().astimezone(clock.zone()).replace(second=0, microsecond=0, tzinfo=None),
            "accounts": [self.account.pk],
            "channel": self.request.GET.get("channel", Channel.CALL),
        }

    def perform(self, form):
        data = form.cleaned_data
        return log_attempt(
            debtor=self.account.debtor,
            accounts=list(data["accounts"]),
            channel=data["channel"],
            direction=data["direction"],
            at=data["at"],
            outcome=data["outcome"],
            officer=self.request.user,
            contact_point=data["contact_point"],
            checked_items=data["checked_items"],
            nonpayment_reason=data["nonpayment_reason"],
            note=data["note"],
            colleague_reason=data["colleague_reason"],
        )

    def get_success_message(self, result):
        if result.counted.judgement == Judgement.BREACH:
            return _("Logged. It broke a rule: %(rule)s. Your supervisor sees it.") % {
                "rule": Rule(result.counted.rule).label
            }
        return _("The contact is logged.")


class CorrectContactForm(forms.Form):
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Outcome.choices)
    at = forms.DateTimeField(label=gettext_lazy("When"), widget=MomentInput)
    nonpayment_reason = forms.ChoiceField(
        label=gettext_lazy("Why unpaid"),
        choices=[("", "–"), *NonPaymentReason.choices],
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class CorrectContact(ActionPage):
    permission = MAKE_CONTACT
    title = gettext_lazy("Correct a contact")
    lead = gettext_lazy("The wrong entry stays in the history; only the correction counts.")
    button = gettext_lazy("Save correction")
    success_message = gettext_lazy("The contact is corrected.")
    form_class = CorrectContactForm
    queryset = ContactAttempt.objects.select_related("debtor", "counted", "permit")

    def get_initial(self):
        attempt = self.object
        return {
            "outcome": attempt.outcome,
            "at": attempt.at.astimezone(clock.zone()).replace(tzinfo=None),
            "nonpayment_reason": attempt.nonpayment_reason,
            "note": attempt.note,
        }

    def perform(self, form):
        data = dict(form.cleaned_data)
        if abs((data["at"] - self.object.at).total_seconds()) < 60:
            # the form shows minutes; the moment itself was not touched
            data.pop("at")
        return correct_attempt(attempt=self.object, actor=self.request.user, **data)

    def get_success_url(self, result):
        return reverse("accounts:contact_detail", args=[result.pk])


class NoteForm(forms.Form):
    body = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 4}))
    on_debtor = forms.BooleanField(label=gettext_lazy("On the debtor, not this account"), required=False)


class AddNote(VisibleAccountPage):
    permission = ADD_NOTE
    title = gettext_lazy("Write a note")
    lead = gettext_lazy("Dated, with your name, never edited. A note is not a contact.")
    button = gettext_lazy("Save note")
    success_message = gettext_lazy("The note is saved.")
    form_class = NoteForm

    def perform(self, form):
        account = None if form.cleaned_data["on_debtor"] else self.account
        return add_note(
            debtor=self.account.debtor,
            account=account,
            body=form.cleaned_data["body"],
            actor=self.request.user,
        )


class ChannelForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    reason = forms.CharField(
        label=gettext_lazy("How the debtor said it"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class OptOutOfChannel(ActionPage):
    """STOP: a debtor takes his consent to a channel away."""

    permission = STOP_POINT
    title = gettext_lazy("Stop a channel")
    lead = gettext_lazy("At once, for every account of this debtor with this creditor.")
    button = gettext_lazy("Stop this channel")
    success_message = gettext_lazy("The channel is stopped.")
    form_class = ChannelForm
    is_dangerous = True

    def get_object(self):
        seen = Account.objects.visible_to(self.request.user).values("debtor")
        found = Debtor.objects.filter(pk__in=seen, **self.kwargs).first()
        if found is None:
            raise Http404(_("There is no such debtor, or he belongs to another team."))
        return found

    def perform(self, form):
        return opt_out(
            debtor=self.object,
            channel=form.cleaned_data["channel"],
            source=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return self.back_url()


def contact_verbs(ids, user, as_of) -> list[Action]:
    """What may be done about contact on the account page."""
    (pk,) = ids
    debtor_id = Account.objects.filter(pk=pk).values_list("debtor_id", flat=True).first()
    return [
        Action(
            _("Log a contact"),
            reverse("accounts:contact_log", args=[pk]),
            icon="phone-check",
            permission=MAKE_CONTACT,
        ),
        Action(
            _("Plan a follow-up"),
            reverse("accounts:follow_up_plan", args=[pk]),
            icon="calendar-plus",
            permission=PLAN_FOLLOW_UP,
        ),
        Action(
            _("Write a note"),
            reverse("accounts:note_add", args=[pk]),
            icon="note",
            permission=ADD_NOTE,
            key="o",
        ),
        Action(
            _("Stop a channel"),
            reverse("accounts:channel_opt_out", args=[debtor_id]),
            icon="message-off",
            permission=STOP_POINT,
        ),
    ]


urlpatterns = [
    path("contacts/", ContactList.as_view(), name="contact_list"),
    path("contacts/<int:pk>/", ContactDetail.as_view(), name="contact_detail"),
    path("contacts/<int:pk>/correct/", CorrectContact.as_view(), name="contact_correct"),
    path("breaches/", BreachList.as_view(), name="breach_list"),
    path("accounts/<int:pk>/log-contact/", LogContact.as_view(), name="contact_log"),
    path("accounts/<int:pk>/note/", AddNote.as_view(), name="note_add"),
    path("debtors/<int:pk>/stop-channel/", OptOutOfChannel.as_view(), name="channel_opt_out"),
]
