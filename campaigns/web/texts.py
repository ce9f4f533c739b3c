"""Texts: what debtors read, drafted by one person, approved by another, tried on a real account."""

from datetime import date
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.versions import profile_choices
from accounts.hardship.queries import in_hardship
from accounts.ledger.models import Account
from campaigns.correspondence import rules, texts
from campaigns.correspondence.enums import LANGUAGES, TEMPLATE_VERSION
from campaigns.correspondence.letters import context as letter_context
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import Figures, sample
from campaigns.sending.previewing import figures_of_account
from campaigns.strategies.enums import VersionStatus
from campaigns.web.version_verbs import next_actions
from collections_app.core import clock
from collections_app.core.web.figures import language_text
from collections_app.core.web.forms import adapt
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import (
    DetailPage,
    ListPage,
    PageView,
)

VERSIONS = TemplateVersion.objects.select_related("template__creditor", "made_by", "approved_by")


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
        width=112,
        order_by=("template__channel", "pk"),
        phone=True,
    )
    tone = TextColumn(
        accessor="template.get_tone_display",
        verbose_name=gettext_lazy("Tone"),
        width=148,
        order_by=("template__tone", "pk"),
    )
    language = TextColumn(
        accessor="template.language",
        words=language_text,
        verbose_name=gettext_lazy("Language"),
        width=92,
        order_by=("template__language", "pk"),
    )
    payer_type = TextColumn(
        accessor="template.payer_type_label",
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
            Figure(_("Tone"), version.template.get_tone_display()),
            Figure(_("Creditor"), version.template.creditor or _("all")),
            Figure(
                _("Payer type"),
                version.template.payer_type_label or _("all"),
            ),
            *(
                [Figure(_("Debtors bound by"), dict(profile_choices()).get(code, code))]
                if (code := version.template.profile)
                else []
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
        if version.status == VersionStatus.DRAFT:
            verbs[VersionStatus.RETIRED] = (_("Discard draft"), "template_discard", "trash", True)
        actions = next_actions(TEMPLATE_VERSION, version, self.request.user, verbs)
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
                as_of = clock.today(account.creditor.time_zone)
                figures = figures_of_account(
                    account, text=self.version, as_of=as_of, now=clock.now()
                )
                found = shown(self.version, figures) | {"warning": self.warning(account, as_of)}
        return super().get_context_data(form=form, found=found, version=self.version, **kwargs)

    def warning(self, account: Account, as_of: date) -> str:
        """What this debtor would get instead of the text."""
        template = self.version.template
        if template.is_soft or not in_hardship([account.debtor_id], as_of=as_of):
            return ""
        if template.softer:
            return _("The debtor is in hardship: “%(code)s” would be sent instead.") % {
                "code": template.softer
            }
        return _("The debtor is in hardship: this text would not be sent, and no other in its place.")


urlpatterns = [
    path("texts/", TextListPage.as_view(), name="template_list"),
    path("texts/<int:pk>/", TextPage.as_view(), name="template_detail"),
    path("texts/<int:pk>/try/", TextPreviewPage.as_view(), name="template_preview"),
]
