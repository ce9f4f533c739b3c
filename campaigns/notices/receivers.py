"""A notice that left the outbox begins its clock; one that came back stops it; a strategy that gives
one without the one before it is not submitted."""

from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.correspondence.enums import NoticeKind
from campaigns.notices.enums import NoticeStatus
from campaigns.notices.models import FormalNotice
from campaigns.notices.queries import notice_texts
from campaigns.notices.services import enter_sent, record_return
from campaigns.sending.enums import MessageStatus
from campaigns.sending.signals import letters_spoilt, message_bounced, messages_settled
from campaigns.strategies.rules import StrategyIncomplete
from campaigns.strategies.signals import version_submitted
from collections_app.core.models import User


@receiver(messages_settled)
def begin_clocks(sender, *, notice_ids, status, as_of, actor, **_kwargs) -> None:
    if notice_ids and status == MessageStatus.SENT:
        enter_sent(message_ids=notice_ids, as_of=as_of, actor=actor)


@receiver(message_bounced)
def stop_clock(sender, *, message, as_of, **_kwargs) -> None:
    notice = (
        FormalNotice.objects.filter(message=message).exclude(status=NoticeStatus.RETURNED).first()
    )
    if notice is not None:
        record_return(
            notice=notice,
            note=gettext_noop("The message came back"),
            actor=User.objects.system(),
            as_of=as_of,
        )


@receiver(letters_spoilt)
def stop_clocks(sender, *, message_ids, as_of, **_kwargs) -> None:
    """A notice whose print was spoilt never left: it must be given again."""
    for notice in FormalNotice.objects.filter(message__in=message_ids).exclude(
        status=NoticeStatus.RETURNED
    ):
        record_return(
            notice=notice, note=gettext_noop("Spoilt when printed"), actor=User.objects.system(), as_of=as_of
        )


@receiver(version_submitted)
def refuse_notices_out_of_order(sender, *, version, **_kwargs) -> None:
    """Raises StrategyIncomplete where a notice could never be given: nothing serves the one before."""
    texts = {text.code: text for text in notice_texts()}
    given: set[str] = set()
    for step in version.steps.order_by("day_offset", "id"):
        text = texts.get(step.template_code)
        if text is None:
            continue
        if text.before and text.before not in given:
            raise StrategyIncomplete(
                _(
                    "%(title)s: a %(notice)s must have been served before. Add a step that gives it on"
                    " an earlier day, or nobody would ever get this one."
                )
                % {"title": step.title, "notice": str(NoticeKind(text.before).label).lower()}
            )
        given.add(text.kind)
