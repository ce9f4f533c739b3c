"""A strategy cannot be submitted or approved while a step lacks an approved text."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaigns.correspondence.installation import install_texts
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.rules import TemplateMissing
from campaigns.strategies.enums import StepKind
from campaigns.strategies.signals import version_submitted
from collections_app.core import prepare


@receiver(version_submitted)
def refuse_missing_texts(sender, *, version, **_kwargs) -> None:
    """Raises TemplateMissing, which ends the submission."""
    book = TextBook()
    for step in version.steps.filter(kind=StepKind.MESSAGE).order_by("day_offset"):
        if not book.has(step.template_code, step.channel):
            raise TemplateMissing(
                _("%(title)s: nobody has approved the text “%(code)s” for %(channel)s.")
                % {
                    "title": step.title,
                    "code": step.template_code,
                    "channel": step.get_channel_display(),
                }
            )


prepare.register("texts", install_texts)
