"""Texts: what debtors read, drafted by one person, approved by another, tried on a real account."""

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import Account
from accounts.parties.enums import Channel, PayerType
from accounts.parties.models import Creditor
from accounts.web.own_creditors import OwnCreditors
from campaigns.correspondence import rules, services, texts
from campaigns.correspondence.enums import LANGUAGES, TEMPLATE_VERSION
from campaigns.correspondence.letters import context as letter_context
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import PLACEHOLDERS, Figures, sample
from campaigns.sending.previewing import figures_of_account
from campaigns.strategies.enums import VersionStatus
from collections_app.core import clock
from collections_app.core.web.forms import ReasonForm, adapt
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import (
    ActionPage,
    DetailPage,
    ListPage,
    PageView,
    ReasonPage,
    VerbView,
)

VERSIONS = TemplateVersion.objects.select_related("template__creditor", "made_by", "approved_by")
CHANNELS = [(row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER)]


class TextTable(Table):
    name = LinkColumn(
        "campaigns:template_detail",
        text="template.name",
        note="template.code",
        verbose_name=gettext_lazy("Text"),
    )
    channel = TextColumn(
        accessor="template.get_channel_display",
        verbose_name=gettext_lazy("For"),
        width=124,
        order_by=("template__channel", "pk"),
    )
    language = TextColumn(
        accessor="template.language",
        verbose_name=gettext_lazy("Language"),
        width=92,
        order_by=("template__language", "pk"),
    )
    payer_type = TextColumn(
        accessor="template.payer_type",
        verbose_name=gettext_lazy("Payer type"),
        width=108,
        muted=True,
    )
    creditor = TextColumn(
        accessor="template.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=160,
        muted=True,
    )
    number = NumberColumn(verbose_name=gettext_lazy("Version"), width=76)
    status = StatusColumn(VersionStatus, verbose_name=gettext_lazy("Status"), width=180)

    class Meta:
        order_by = "channel"


class TextListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Texts")
    lead = gettext_lazy("What debtors read. None goes out before a second person has approved it.")
    menu = "strategies"
    list_name = "texts"
    url_name = "campaigns:template_list"
    queryset = VERSIONS
    table_class = TextTable
    count_label = ngettext_lazy("%(n)s version", "%(n)s versions", "n")

    def get_queryset(self):
        return super().get_queryset().exclude(status=VersionStatus.RETIRED)

    def get_crumbs(self):
        return [Crumb(_("Strategies"), reverse("campaigns:strategy_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("New text"),
                reverse("campaigns:template_new"),
                icon="plus",
                primary=True,
                permission=rules.EDIT,
            )
        ]


class TextPage(DetailPage):
    permission = rules.VIEW
    menu = "strategies"
    queryset = VERSIONS
    status_field = "status"
    list_url_name = "campaigns:template_list"
    list_title = gettext_lazy("Texts")

    def get_title(self):
        template = self.object.template
        return _("%(name)s, %(channel)s, version %(number)s") % {
            "name": template.name,
            "channel": template.get_channel_display(),
            "number": self.object.number,
        }

    def figures(self):
        version = self.object
        return [
            Figure(
                _("Language"),
                dict(LANGUAGES).get(version.template.language, version.template.language),
            ),
            Figure(_("Creditor"), version.template.creditor or _("all")),
            Figure(
                _("Payer type"),
                PayerType(version.template.payer_type).label
                if version.template.payer_type
                else _("all"),
            ),
            Figure(_("Written by"), version.made_by),
            Figure(_("Approved by"), version.approved_by or "–"),
        ]

    def sections(self):
        version = self.object
        return [
            Section(
                _("The text"),
                template="campaigns/text_source.html",
                context={"version": version},
                link=Crumb(
                    _("Try it on a real account"),
                    reverse("campaigns:template_preview", args=[version.pk]),
                ),
            ),
            Section(
                _("As it reads"),
                template="campaigns/text_sample.html",
                context=shown(version, sample(version.template.language)),
                note=_("with invented figures"),
            ),
        ]

    def side(self):
        others = self.object.template.versions.order_by("-number").exclude(pk=self.object.pk)
        facts = [
            Fact(
                _("Version %(number)s") % {"number": row.number},
                row.get_status_display(),
                url=reverse("campaigns:template_detail", args=[row.pk]),
            )
            for row in others
        ]
        return [Section(_("Other versions"), facts=facts)] if facts else []

    def get_head_actions(self):
        version, args = self.object, [self.object.pk]
        verbs = {
            VersionStatus.SUBMITTED: (_("Submit for approval"), "template_submit", "send", True),
            VersionStatus.APPROVED: (_("Approve text"), "template_approve", "check", True),
            VersionStatus.REJECTED: (_("Reject"), "template_reject", "ban", False),
            VersionStatus.RETIRED: (_("Retire"), "template_retire", "archive", False),
        }
        actions = []
        for edge in TEMPLATE_VERSION.next(version, self.request.user):
            if edge.target == VersionStatus.APPROVED and version.made_by_id == self.request.user.pk:
                continue
            label, name, icon, is_post = verbs[edge.target]
            actions.append(
                Action(
                    label,
                    reverse(f"campaigns:{name}", args=args),
                    icon=icon,
                    post=is_post,
                    primary=edge.target in (VersionStatus.APPROVED, VersionStatus.SUBMITTED),
                )
            )
        if version.status == VersionStatus.DRAFT:
            edit = Action(
                _("Edit text"),
                reverse("campaigns:template_edit", args=args),
                icon="edit",
                permission=rules.EDIT,
            )
            return [edit, *actions]
        draft = Action(
            _("Draft a new version"),
            reverse("campaigns:template_draft", args=args),
            icon="copy",
            post=True,
            permission=rules.EDIT,
        )
        return [*actions, draft]


def shown(version: TemplateVersion, figures: Figures) -> dict[str, Any]:
    """What the sample template draws: the text on these figures, or why it fails."""
    found: dict[str, Any] = {"version": version, "figures": figures, "error": ""}
    try:
        subject, body = texts.render(version.subject, version.body, figures)
    except texts.TextDidNotRender as error:
        return found | {"error": str(error)}
    found |= {"subject": subject, "body": body}
    if version.template.channel == "letter":
        found["letter"] = letter_context(figures, heading=subject, body=body, our_reference="–")
    if version.template.channel == "sms":
        found["segments"] = texts.segments(body)
    return found


class PreviewForm(forms.Form):
    account = forms.CharField(label=gettext_lazy("Account number"), max_length=60)


class TextPreviewPage(PageView):
    """The text on a real account's figures of today. Nothing is sent or stored."""

    permission = rules.VIEW
    template_name = "campaigns/text_preview.html"
    menu = "strategies"
    title = gettext_lazy("Try the text on a real account")

    def get(self, request, *args, **kwargs):
        self.version = get_object_or_404(VERSIONS, pk=kwargs["pk"])
        return self.render_to_response(self.get_context_data())

    def get_crumbs(self):
        return [
            Crumb(_("Texts"), reverse("campaigns:template_list")),
            Crumb(
                self.version.template.name,
                reverse("campaigns:template_detail", args=[self.version.pk]),
            ),
        ]

    def get_context_data(self, **kwargs):
        data = self.request.GET if "account" in self.request.GET else None
        form = adapt(PreviewForm(data))
        found = None
        if data is not None and form.is_valid():
            account = (
                Account.objects.visible_to(self.request.user)
                .filter(number=form.cleaned_data["account"])
                .select_related("debtor", "creditor", "officer")
                .first()
            )
            if account is None:
                form.add_error("account", _("You see no account with this number."))
            else:
                figures = figures_of_account(
                    account,
                    language=self.version.template.language,
                    as_of=clock.today(account.creditor.time_zone),
                )
                found = shown(self.version, figures)
        return super().get_context_data(form=form, found=found, version=self.version, **kwargs)


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
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("Every creditor"),
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject or heading"), max_length=120, required=False
    )
    body = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 12}))


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


class TextVerb(ActionPage):
    menu = "strategies"
    queryset = VERSIONS

    def get_success_url(self, result):
        return reverse("campaigns:template_detail", args=[(result or self.object).pk])

    def get_cancel_url(self):
        return self.get_success_url(None)


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
    queryset = VERSIONS.filter(status=VersionStatus.DRAFT)

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


class RejectTextPage(TextVerb, ReasonPage):
    permission = rules.APPROVE
    title = gettext_lazy("Reject text")
    button = gettext_lazy("Reject the draft")
    form_class = ReasonForm

    def perform(self, form):
        return services.reject_text(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class RetireTextPage(TextVerb, ReasonPage):
    permission = rules.APPROVE
    title = gettext_lazy("Retire text")
    button = gettext_lazy("Take it out of use")
    is_dangerous = True

    def perform(self, form):
        return services.retire_text(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


urlpatterns = [
    path("texts/", TextListPage.as_view(), name="template_list"),
    path("texts/new/", NewTextPage.as_view(), name="template_new"),
    path("texts/<int:pk>/", TextPage.as_view(), name="template_detail"),
    path("texts/<int:pk>/try/", TextPreviewPage.as_view(), name="template_preview"),
    path("texts/<int:pk>/edit/", EditTextPage.as_view(), name="template_edit"),
    path("texts/<int:pk>/draft/", DraftTextView.as_view(), name="template_draft"),
    path("texts/<int:pk>/submit/", SubmitTextView.as_view(), name="template_submit"),
    path("texts/<int:pk>/approve/", ApproveTextView.as_view(), name="template_approve"),
    path("texts/<int:pk>/reject/", RejectTextPage.as_view(), name="template_reject"),
    path("texts/<int:pk>/retire/", RetireTextPage.as_view(), name="template_retire"),
]
