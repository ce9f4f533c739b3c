"""Templates per channel, language and payer type, in approved versions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.parties.enums import Channel, PayerType
from accounts.parties.models import Creditor
from accounts.parties.queries import sees_every_creditor
from campaigns.correspondence.enums import SOFT, NoticeKind, TextTone
from campaigns.strategies.enums import VersionStatus
from collections_app.core.fields import ClockTimestamp


class Template(models.Model):
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    language = models.CharField(_("language"), max_length=10)
    payer_type = models.CharField(_("payer type"), max_length=12, blank=True)
    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, blank=True, related_name="templates")
    # The code of the contact profile by whose law a debtor must be bound; empty for all. Calls only.
    profile = models.SlugField(_("contact profile"), max_length=40, blank=True, default="")
    # Empty for a text that is no formal notice.
    notice = models.CharField(_("formal notice"), max_length=10, choices=NoticeKind, blank=True)

    # Unless somebody said it is soft, a person in hardship is not sent it.
    tone = models.CharField(_("tone"), max_length=10, choices=TextTone, default=TextTone.FIRM)
    # The code of the text that a person in hardship gets in its place; empty for none.
    softer = models.SlugField(_("softer text"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("template")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "channel", "language", "payer_type", "creditor", "profile"],
                name="template_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_soft(self) -> bool:
        return self.tone in SOFT

    @property
    def payer_type_label(self) -> str:
        """Whom it was written for in words; empty for the text of every payer type."""
        return str(PayerType(self.payer_type).label) if self.payer_type else ""


class TemplateVersionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What holds for every creditor, and for those he works for."""
        if sees_every_creditor(user):
            return self
        return self.filter(
            models.Q(template__creditor=None)
            | models.Q(template__creditor__in=Creditor.objects.visible_to(user))
        )


class TemplateVersion(models.Model):
    objects = TemplateVersionQuerySet.as_manager()

    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(_("subject or heading"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    status = models.CharField(max_length=10, choices=VersionStatus, default=VersionStatus.DRAFT)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("what changed and why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("template version")
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_number"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | ~Q(approved_by=models.F("made_by"))
                | Q(note="installed"),
                name="template_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.number}"
