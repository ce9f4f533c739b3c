"""Notices in the story of an account, and their verbs on its page."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.correspondence.enums import NoticeKind
from campaigns.notices import rules
from campaigns.notices.enums import NoticeStatus, ServiceMethod
from collections_app.core import panels
from collections_app.core.story import Story, day_of, moment_sql
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action

NOTICES = f"""
SELECT {moment_sql("n.sent_on", "n.recorded_at")} AS at, n.id, n.kind, n.method, n.status,
       n.next_step_from
FROM campaigns_formalnoticeaccount l JOIN campaigns_formalnotice n ON n.id = l.notice_id
WHERE l.account_id = ANY(%(ids)s) AND n.sent_on <= %(as_of)s
ORDER BY n.id DESC LIMIT 50
"""


def notice_event(row, as_of) -> dict:
    is_back = row.status == NoticeStatus.RETURNED
    method = ServiceMethod(row.method).label
    return {
        "kind": "letter",
        "icon": "mail-x" if is_back else "file-alert",
        "tone": "stop" if is_back else "attn",
        "title": NoticeKind(row.kind).label,
        "detail": _("%(method)s, came back") % {"method": method}
        if is_back
        else _("%(method)s, next step from %(day)s")
        % {"method": method, "day": day_text(day_of(row.next_step_from), as_of)},
        "url": reverse("campaigns:formal_notice_detail", args=[row.id]),
    }


def notice_verbs(ids, user, as_of) -> list[Action]:
    (pk,) = ids
    return [
        Action(
            _("Give a formal notice"),
            reverse("campaigns:formal_notice_give", args=[pk]),
            icon="file-alert",
            permission=rules.GIVE,
        ),
        Action(
            _("Record a notice given by hand"),
            reverse("campaigns:formal_notice_by_hand", args=[pk]),
            icon="file-check",
            permission=rules.RECORD,
        ),
    ]


panels.register(
    "account.timeline",
    order=45,
    provider=Story(NOTICES, notice_event),
    permission=rules.VIEW,
    name="notices.given",
)
panels.register("account.verbs", order=62, provider=notice_verbs, name="notices.verbs")
