"""Writing, submitting, approving, rejecting and retiring a text."""

from django import forms
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.versions import profile_choices
from accounts.parties.enums import Channel, PayerType
from accounts.parties.models import Creditor
from accounts.web.own_creditors import OwnCreditors
from campaigns.correspondence import rules, services
from campaigns.correspondence.enums import LANGUAGES, NoticeKind, TextTone
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import PLACEHOLDERS
from campaigns.correspondence.queries import soft_codes
from campaigns.strategies.enums import VersionStatus
from campaigns.web.version_verbs import RejectVersionPage, RetireVersionPage, VersionVerb
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ActionPage, VerbView

CHANNELS = [(row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER, Channel.CALL)]


class NewTextForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=60,
        required=False,
        help_text=gettext_lazy(
            "Strategies name texts by it. The same code in another language or for "
            "another payer type is the same text."
        ),
    )
    channel = forms.ChoiceField(label=gettext_lazy("For"), choices=CHANNELS)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    payer_type = forms.ChoiceField(
        label=gettext_lazy("Payer type"),
        choices=[("", gettext_lazy("Every payer type")), *PayerType.choices],
        required=False,
    )
    notice = forms.ChoiceField(
        label=gettext_lazy("Formal notice"),
        choices=[("", gettext_lazy("No")), *NoticeKind.choices],
        required=False,
        help_text=gettext_lazy("A formal notice must say what the policy demands, and has a clock."),
    )
    tone = forms.ChoiceField(
        label=gettext_lazy("Tone"),
        choices=TextTone.choices,
        initial=TextTone.NEUTRAL,
        help_text=gettext_lazy("A person in hardship is sent friendly and neutral texts only."),
    )
    softer = forms.ChoiceField(
        label=gettext_lazy("In hardship instead"),
        required=False,
        help_text=gettext_lazy("What a person in hardship gets in place of a firm text."),
    )
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("Every creditor"),
    )
    profile = forms.ChoiceField(
        label=gettext_lazy("Debtors bound by"),
        required=False,
        help_text=gettext_lazy("The contact profile of where they live; for what is said in calls."),
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject or heading"), max_length=120, required=False
    )
    body = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["softer"].choices = [("", _("Nothing")), *soft_codes()]
        laws = [choice for choice in profile_choices() if choice[0]]
        self.fields["profile"].choices = [("", _("Any law")), *laws]


def placeholder_facts() -> list[Fact]:
    """The closed list, for beside the editor."""
    return [Fact("{{ " + name + " }}", said) for name, said in PLACEHOLDERS.items()]


class NewTextPage(OwnCreditors, ActionPage):
    permission = rules.EDIT
    title = gettext_lazy("New text")
    menu = "strategies"
    button = gettext_lazy("Save the draft")
    form_class = NewTextForm
    wide_fields = ("body", "subject")
    two_columns = True

    facts_title = gettext_lazy("What a text may say")

    def facts(self):
        return placeholder_facts()

    def perform(self, form):
        said = form.cleaned_data
        code = said.pop("code") or slugify(said["name"])[:60] or "text"
        return services.create_template(
            **said, code=code, actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result):
        return reverse("campaigns:template_detail", args=[result.pk])


class TextVerb(VersionVerb):
    queryset = TemplateVersion.objects.select_related("template__creditor", "made_by", "approved_by")
    page_url_name = "campaigns:template_detail"


class EditTextForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Subject or heading"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("An e-mail's subject may not show a debt."),
    )
    body = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 16}))
    note = forms.CharField(
        label=gettext_lazy("What changed and why"), max_length=300, required=False
    )


class EditTextPage(TextVerb):
    permission = rules.EDIT
    title = gettext_lazy("Edit text")
    button = gettext_lazy("Save the draft")
    form_class = EditTextForm
    wide_fields = ("subject", "body", "note")
    success_message = gettext_lazy("Saved. Submit it for approval when it is ready.")
    queryset = TextVerb.queryset.filter(status=VersionStatus.DRAFT)

    facts_title = gettext_lazy("What a text may say")

    def facts(self):
        return placeholder_facts()

    def get_initial(self):
        version = self.object
        return {"subject": version.subject, "body": version.body, "note": version.note}

    def perform(self, form):
        return services.save_text(version=self.object, **form.cleaned_data, actor=self.request.user)


class DraftTextView(TextVerb, VerbView):
    permission = rules.EDIT

    def perform(self, form):
        return services.draft_text(
            template=self.object.template, actor=self.request.user, as_of=self.today
        )


class SubmitTextView(TextVerb, VerbView):
    permission = rules.EDIT
    success_message = gettext_lazy("Submitted. Another person can approve it now.")

    def perform(self, form):
        return services.submit_text(version=self.object, actor=self.request.user, as_of=self.today)


class ApproveTextView(TextVerb, VerbView):
    permission = rules.APPROVE
    success_message = gettext_lazy("Approved. It is in use from now on.")

    def perform(self, form):
        return services.approve_text(version=self.object, actor=self.request.user, as_of=self.today)


class DiscardTextView(TextVerb, VerbView):
    permission = rules.EDIT
    success_message = gettext_lazy("The draft is discarded.")

    def perform(self, form):
        return services.discard_text(version=self.object, actor=self.request.user, as_of=self.today)


class RejectTextPage(TextVerb, RejectVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Reject text")
    service = staticmethod(services.reject_text)


class RetireTextPage(TextVerb, RetireVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Retire text")
    button = gettext_lazy("Take it out of use")
    service = staticmethod(services.retire_text)


urlpatterns = [
    path("texts/new/", NewTextPage.as_view(), name="template_new"),
    path("texts/<int:pk>/edit/", EditTextPage.as_view(), name="template_edit"),
    path("texts/<int:pk>/draft/", DraftTextView.as_view(), name="template_draft"),
    path("texts/<int:pk>/discard/", DiscardTextView.as_view(), name="template_discard"),
    path("texts/<int:pk>/submit/", SubmitTextView.as_view(), name="template_submit"),
    path("texts/<int:pk>/approve/", ApproveTextView.as_view(), name="template_approve"),
    path("texts/<int:pk>/reject/", RejectTextPage.as_view(), name="template_reject"),
    path("texts/<int:pk>/retire/", RetireTextPage.as_view(), name="template_retire"),
]
