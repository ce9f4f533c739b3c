"""The verbs of texts: create, draft, save, submit, approve, reject, retire."""

from datetime import date

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from campaigns.correspondence import rules, texts
from campaigns.correspondence.enums import SOFT, TEMPLATE_VERSION, TextTone
from campaigns.correspondence.mandatory import check_text
from campaigns.correspondence.models import Template, TemplateVersion
from campaigns.strategies.enums import VersionStatus
from collections_app.core import audit, clock
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class TemplateExists(Refused):
    """A text of this code, channel, language and payer type is there already."""


class OnlyForCalls(Refused):
    """A text that somebody reads is the same whatever law binds the debtor; what it must say, it says."""


@transaction.atomic
def create_template(
    *,
    code: str,
    name: str,
    channel: str,
    language: str,
    actor,
    as_of: date,
    payer_type: str = "",
    creditor: Creditor | None = None,
    profile: str = "",
    subject: str = "",
    body: str,
    notice: str = "",
    tone: str = TextTone.FIRM,
    softer: str = "",
) -> TemplateVersion:
    """Make a template with its first draft. `notice` is the kind of formal notice it is, if any;
    `softer` the code of what a person in hardship gets in its place; `profile` the contact profile
    whose law must bind the debtor, for what is said in a call. Raises TemplateExists, OnlyForCalls."""
    require(actor, rules.EDIT)
    if profile and channel != Channel.CALL:
        raise OnlyForCalls(
            _("Only what is said in a call is chosen by the debtor's law."), field="profile"
        )
    texts.check(channel=channel, language=language, subject=subject, body=body)
    same = Template.objects.filter(
        code=code, channel=channel, language=language, payer_type=payer_type, creditor=creditor,
        profile=profile,
    )  # fmt: skip
    if same.exists():
        raise TemplateExists(_("This text exists already. Open it and draft a new version."))
    template = Template.objects.create(
        code=code,
        name=name,
        channel=channel,
        language=language,
        payer_type=payer_type,
        creditor=creditor,
        profile=profile,
        notice=notice,
        tone=TextTone(tone),
        softer="" if tone in SOFT else softer,
    )
    audit.record(
        "template.created",
        template,
        actor=actor,
        after={"code": code, "channel": channel, "notice": notice, "tone": tone},
    )
    version = TemplateVersion.objects.create(
        template=template, number=1, subject=subject, body=body, made_by=actor
    )
    TEMPLATE_VERSION.start(version, actor=actor, as_of=as_of)
    return version


@transaction.atomic
def draft_text(*, template: Template, actor, as_of: date) -> TemplateVersion:
    """A new draft that begins as a copy of the newest version; an open draft is returned."""
    require(actor, rules.EDIT)
    Template.objects.select_for_update().get(pk=template.pk)
    draft = template.versions.filter(status=VersionStatus.DRAFT).first()
    if draft is not None:
        return draft
    # not one that was discarded: what it said is what somebody wanted gone
    discarded = Q(status=VersionStatus.RETIRED, approved_by=None)
    newest = template.versions.exclude(discarded).order_by("-number").first()
    version = TemplateVersion.objects.create(
        template=template,
        number=(template.versions.aggregate(top=Max("number"))["top"] or 0) + 1,
        subject=newest.subject if newest else "",
        body=newest.body if newest else "",
        made_by=actor,
    )
    TEMPLATE_VERSION.start(version, actor=actor, as_of=as_of)
    audit.record("template.drafted", version, actor=actor, after={"number": version.number})
    return version


@transaction.atomic
def save_text(*, version: TemplateVersion, subject: str, body: str, actor, note: str = "") -> TemplateVersion:
    """Replace a draft's words. Who saved last is its writer, so somebody else must approve."""
    require(actor, rules.EDIT)
    version = (
        TemplateVersion.objects.select_for_update(of=("self",)).select_related("template").get(pk=version.pk)
    )
    if version.status != VersionStatus.DRAFT:
        raise rules.NotADraftText(_("This version is no longer a draft. Draft a new one."))
    template = version.template
    texts.check(channel=template.channel, language=template.language, subject=subject, body=body)
    version.subject, version.body, version.note, version.made_by = subject, body, note, actor
    version.save(update_fields=["subject", "body", "note", "made_by"])
    audit.record("template.changed", version, actor=actor, reason=note)
    return version


@transaction.atomic
def submit_text(*, version: TemplateVersion, actor, as_of: date) -> TemplateVersion:
    """Ask for approval of a draft."""
    template = version.template
    texts.check(
        channel=template.channel,
        language=template.language,
        subject=version.subject,
        body=version.body,
    )
    check_text(template=template, subject=version.subject, body=version.body, as_of=as_of)
    return TEMPLATE_VERSION.advance(version, to=VersionStatus.SUBMITTED, actor=actor, as_of=as_of)


@transaction.atomic
def approve_text(*, version: TemplateVersion, actor, as_of: date) -> TemplateVersion:
    """Put a text in use from now on; the version in use before is retired with it."""
    require(actor, rules.APPROVE)
    rules.check_two_people(version, actor)
    # what the law demands may have changed since it was submitted
    template = version.template
    check_text(template=template, subject=version.subject, body=version.body, as_of=as_of)
    TEMPLATE_VERSION.advance_many(
        version.template.versions.filter(status=VersionStatus.APPROVED),
        to=VersionStatus.RETIRED,
        actor=actor,
        as_of=as_of,
        reason=f"replaced by version {version.number}",
    )
    return TEMPLATE_VERSION.advance(
        version,
        to=VersionStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        approved_by=actor,
        approved_at=clock.now(),
    )


@transaction.atomic
def reject_text(*, version: TemplateVersion, reason: str, actor, as_of: date) -> TemplateVersion:
    """Send a text back for good."""
    rules.check_two_people(version, actor)
    return TEMPLATE_VERSION.advance(
        version, to=VersionStatus.REJECTED, actor=actor, as_of=as_of, reason=reason
    )


@transaction.atomic
def retire_text(*, version: TemplateVersion, reason: str, actor, as_of: date) -> TemplateVersion:
    """Take a text out of use; steps that name it spare their accounts until another is approved."""
    return TEMPLATE_VERSION.advance(
        version, to=VersionStatus.RETIRED, actor=actor, as_of=as_of, reason=reason
    )


@transaction.atomic
def discard_text(*, version: TemplateVersion, actor, as_of: date) -> TemplateVersion:
    """Give up a draft, begun by mistake for one; it stays in the history, and the next draft begins anew
    from what was there before."""
    require(actor, rules.EDIT)
    if version.status != VersionStatus.DRAFT:
        raise rules.NotADraftText(_("This version is no longer a draft. Draft a new one."))
    return TEMPLATE_VERSION.advance(version, to=VersionStatus.RETIRED, actor=actor, as_of=as_of)
