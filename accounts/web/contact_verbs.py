"""What is done about contact beside the call: logging, correcting, notes, stopping a channel."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.enums import Judgement, Rule
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.spoken import Line
from accounts.contacts.callees import people_with_roles, reached_as
from accounts.contacts.enums import (
    AFTER_RIGHT_PARTY,
    CONTACT_MADE,
    LOSES_NUMBER,
    WITHOUT_DEBTOR,
    ContactDirection,
    IdentityItem,
    NonPaymentReason,
    Outcome,
)
from accounts.contacts.models import ContactAttempt
from accounts.contacts.queries import words_to_read
from accounts.contacts.rules import ADD_NOTE, PLAN_FOLLOW_UP, STOP_POINT
from accounts.contacts.services import add_note, correct_attempt, log_attempt, opt_out
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account
from accounts.ledger.queries import account_of_page
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Debtor
from accounts.web.outcome_forms import lead_to_form
from collections_app.core import clock
from collections_app.core.web.forms import MomentInput
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.views import ActionPage


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
    person = forms.TypedChoiceField(label=gettext_lazy("With"), coerce=int)
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
    lines_said = forms.MultipleChoiceField(
        label=gettext_lazy("Read out"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Time-barred: without these words, speaking of the debt broke a rule."),
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

    def __init__(self, *args, accounts, points, people, words: Sequence[Line], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {person.pk: (person, role) for person, role in people}
        self.fields["person"].choices = [
            (pk, f"{person.name}, {PartyRole(role).label}") for pk, (person, role) in self.people.items()
        ]
        if len(self.people) < 2:
            del self.fields["person"]
        self.fields["accounts"].queryset = accounts
        self.fields["contact_point"].queryset = points
        self.fields["lines_said"].choices = [
            (line.name, format_html("<bdi>“{}”</bdi>", line.text)) for line in words
        ]
        if not words:
            del self.fields["lines_said"]

    def lines(self) -> dict[str, list[str]]:
        """Which of the words that the law wants were said, and which were not though he was spoken to."""
        if "lines_said" not in self.fields:
            return {}
        said = self.cleaned_data["lines_said"]
        offered = [name for name, _words in self.fields["lines_said"].choices]
        is_due = self.cleaned_data["outcome"] in AFTER_RIGHT_PARTY
        return {
            "lines_said": said,
            "lines_unsaid": [name for name in offered if is_due and name not in said],
        }

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at > clock.now():
            raise forms.ValidationError(_("This moment is still to come."))
        return at

    def clean(self):
        data = super().clean()
        pk = data.get("person") or next(iter(self.people))
        data["person"], data["role"] = self.people[pk]
        point = data.get("contact_point")
        if point is not None and point.debtor_id != pk:
            words = _("This is %(name)s's. Choose with whom it was, or another.")
            self.add_error("contact_point", words % {"name": point.debtor.name})
        return data


class LogContact(VisibleAccountPage):
    """Logs what was made elsewhere; without a permit it is judged at its time."""

    permission = MAKE_CONTACT
    title = gettext_lazy("Log a contact")
    lead = gettext_lazy("For what happened outside the product. It is judged by the rules of its moment.")
    button = gettext_lazy("Log contact")
    form_class = LogContactForm
    two_columns = True
    wide_fields = ("accounts", "checked_items", "lines_said", "note", "colleague_reason")

    def get_form_kwargs(self):
        debtor = self.account.debtor
        accounts = (
            Account.objects.visible_to(self.request.user)
            .filter(debtor=debtor, status="open")
            .order_by("number")
            | Account.objects.filter(pk=self.account.pk)
        )  # fmt: skip
        ids = tuple(sorted(accounts.values_list("pk", flat=True)))
        (known,) = known_for([Asked(debtor.pk, ids, Channel.CALL, clock.now())])
        people = people_with_roles(self.account, self.today)
        points = ContactPoint.objects.filter(debtor__in=[person for person, _role in people])
        return super().get_form_kwargs() | {
            "accounts": accounts,
            "words": words_to_read(known, debtor.language),
            "people": people,
            "points": points.select_related("debtor").order_by("kind", "-is_primary", "id"),
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
            debtor=data["person"],
            accounts=list(data["accounts"]),
            channel=data["channel"],
            direction=data["direction"],
            at=data["at"],
            outcome=data["outcome"],
            officer=self.request.user,
            contact_point=data["contact_point"],
            person_reached=reached_as(data["role"])
            if data["outcome"] in CONTACT_MADE - WITHOUT_DEBTOR
            else "",
            checked_items=data["checked_items"],
            nonpayment_reason=data["nonpayment_reason"],
            note=data["note"],
            colleague_reason=data["colleague_reason"],
            **form.lines(),
        )

    def get_success_message(self, result):
        lead_to_form(self.request, result)
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

    def get_success_message(self, result):
        """What the wrong outcome stopped is not set going by correcting it: that is a verb of its own."""
        point = self.object.contact_point
        if point and self.object.outcome in LOSES_NUMBER and result.outcome not in LOSES_NUMBER:
            said = format_html(
                '{} <a class="u" href="{}">{}</a>',
                _("The number is stopped as before."),
                reverse("accounts:contact_point_mark", args=[point.pk]),
                _("Let it be used again"),
            )
            messages.info(self.request, said)
        if result.outcome != self.object.outcome:
            lead_to_form(self.request, result)
        return super().get_success_message(result)

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


EVERY_ONE = "every_one"


class ChannelForm(forms.Form):
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        choices=[*Channel.choices, (EVERY_ONE, gettext_lazy("every one: he asks us to cease"))],
    )
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
        channel = form.cleaned_data["channel"]
        return opt_out(
            debtor=self.object,
            channel="" if channel == EVERY_ONE else channel,
            source=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return self.back_url()


def contact_verbs(ids, user, as_of) -> list[Action]:
    """What may be done about contact on the account page."""
    (pk,) = ids
    account = account_of_page(ids)
    debtor_id = account.debtor_id if account else None
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
    path("contacts/<int:pk>/correct/", CorrectContact.as_view(), name="contact_correct"),
    path("accounts/<int:pk>/log-contact/", LogContact.as_view(), name="contact_log"),
    path("accounts/<int:pk>/note/", AddNote.as_view(), name="note_add"),
    path("debtors/<int:pk>/stop-channel/", OptOutOfChannel.as_view(), name="channel_opt_out"),
]
