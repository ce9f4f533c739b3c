"""Installs the product's own texts when an installation is prepared.

They are approved by the system alone and say so ("installed"): at the first start there are no two
people yet, and the two-person rule was kept where the product was made. Nothing that exists is
touched, so a text an office has changed stays its own.
"""

from campaigns.correspondence import texts
from campaigns.correspondence.installed import installed_texts
from campaigns.correspondence.installed_scripts import installed_scripts
from campaigns.correspondence.models import Template, TemplateVersion
from campaigns.strategies.enums import VersionStatus
from collections_app.core import audit, clock
from collections_app.core.models import User

INSTALLED = "installed"


def install_texts() -> None:
    """A step of `manage.py prepare`; safe to run again."""
    system = User.objects.system()
    have = set(
        Template.objects.filter(creditor=None, payer_type="").values_list(
            "code", "channel", "language"
        )
    )
    wanted = [
        row
        for row in (*installed_texts(), *installed_scripts())
        if (row.code, row.channel, row.language) not in have
    ]
    if not wanted:
        return
    for row in wanted:
        texts.check(channel=row.channel, language=row.language, subject=row.subject, body=row.body)
    made = Template.objects.bulk_create(
        Template(
            code=row.code,
            name=row.name,
            channel=row.channel,
            language=row.language,
            notice=row.notice,
            tone=row.tone,
            softer=row.softer,
        )
        for row in wanted
    )
    now = clock.now()
    versions = TemplateVersion.objects.bulk_create(
        TemplateVersion(
            template=template,
            number=1,
            subject=row.subject,
            body=row.body,
            note=INSTALLED,
            status=VersionStatus.APPROVED,
            made_by=system,
            approved_by=system,
            approved_at=now,
        )
        for template, row in zip(made, wanted, strict=True)
    )
    audit.record_set(
        "template.installed", TemplateVersion, ids=[row.pk for row in versions], actor=system
    )
