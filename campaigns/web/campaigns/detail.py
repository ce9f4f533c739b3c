"""One campaign: where its members stand, its plan, its notices."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from campaigns.campaign.enums import CAMPAIGN, ActivityStatus, CampaignStatus, MemberStatus, NoticeResult
from campaigns.campaign.models import Campaign, Notice
from campaigns.campaign.notices import reason_in_words
from campaigns.campaign.queries import (
    audience_of,
    candidates,
    member_statuses,
    notice_counts,
    progress_by,
    progress_of,
    segment_in_words,
)
from campaigns.web.campaigns.timeline import timeline
from collections_app.core import charts
from collections_app.core.money import format_amount
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_and_time_text, day_text
from collections_app.core.web.parts import Action, Tab
from collections_app.core.web.views import (
    DetailPage,
)

STATUS_CSS = {
    MemberStatus.PAID_IN_FULL: "s-paid",
    MemberStatus.PART_PAID: "s-part",
    MemberStatus.PROMISED: "s-prom",
    MemberStatus.CONTACTED: "s-cont",
    MemberStatus.NOT_REACHED: "s-tried",
    MemberStatus.UNREACHABLE: "s-unre",
    MemberStatus.NOT_TRIED: "s-not",
    MemberStatus.DISPUTED: "s-disp",
    MemberStatus.WITHHELD: "s-held",
}


TABS = ["progress", "members", "plan", "notices", "notes"]


class CampaignDetailPage(DetailPage):
    """One campaign: what blocks it on top, then where its members stand, its plan, its notices."""

    permission = "campaigns.view_campaign"
    queryset = Campaign.objects.select_related("creditor", "owner", "team", "made_by", "approved_by")
    context_object_name = "campaign"
    template_name = "campaigns/campaign.html"
    status_field = "status"
    menu = "campaigns"
    list_url_name = "campaigns:campaign_list"
    list_title = gettext_lazy("Campaigns")

    @cached_property
    def tab(self) -> str:
        wanted = self.request.GET.get("tab", "")
        return wanted if wanted in TABS else TABS[0]

    def get_lead(self):
        campaign = self.object
        parts = [_("owner %(name)s") % {"name": campaign.owner}]
        if campaign.creditor:
            parts.append(str(campaign.creditor))
        if campaign.frozen_at:
            parts.append(
                _("frozen %(day)s, approved by %(name)s")
                % {"day": day_and_time_text(campaign.frozen_at, self.today), "name": campaign.approved_by}
            )
        return ", ".join(parts)

    def get_head_actions(self):
        campaign, user = self.object, self.request.user
        args = [campaign.pk]
        edges = CAMPAIGN.next(campaign, user)
        if user.pk in (campaign.made_by_id, campaign.owner_id):
            edges = [edge for edge in edges if edge.target != CampaignStatus.APPROVED]
        actions = [
            Action(edge.verb, reverse(edge.url_name, args=args), primary=index == 0)
            for index, edge in enumerate(edges)
            if edge.url_name
        ]
        if campaign.status in (CampaignStatus.DRAFT, CampaignStatus.REJECTED):
            actions.insert(
                0,
                Action(
                    _("Change"), reverse("campaigns:campaign_change", args=args), icon="edit",
                    permission="campaigns.propose_campaign",
                ),
            )  # fmt: skip
        if campaign.status in (CampaignStatus.RUNNING, CampaignStatus.CLOSED):
            actions.insert(
                0,
                Action(
                    _("Statements"), reverse("campaigns:campaign_statements", args=args), icon="file-text",
                    permission="campaigns.run_statements",
                ),
            )  # fmt: skip
        return actions

    def tabs(self) -> list[Tab]:
        labels = {
            "progress": _("Progress"), "members": _("Members"), "plan": _("Plan"),
            "notices": _("Notices"), "notes": _("Notes"),
        }  # fmt: skip
        return [Tab(labels[name], f"?tab={name}", current=name == self.tab) for name in TABS]

    def blocker(self) -> dict[str, str] | None:
        """The one thing that stands in the way, in words."""
        campaign = self.object
        if campaign.status == CampaignStatus.SUBMITTED:
            return {
                "title": _("Waiting for approval, not by %(name)s.") % {"name": campaign.made_by},
                "text": _("Members and amounts are frozen when it is approved."),
            }
        if campaign.status == CampaignStatus.REJECTED:
            last = CAMPAIGN.history(campaign).last()
            return {
                "title": _("Sent back by %(name)s.") % {"name": last.actor},
                "text": last.reason,
            }
        late = campaign.activities.filter(
            status=ActivityStatus.PLANNED, starts_on__lt=self.today
        ).order_by("starts_on").first()  # fmt: skip
        if campaign.status == CampaignStatus.RUNNING and late:
            return {
                "title": _("%(title)s should have begun on %(day)s.")
                % {"title": late.title, "day": day_text(late.starts_on, self.today)},
                "text": _("Say that it is under way, or move it; what follows moves with it."),
            }
        return None

    def get_context_data(self, **kwargs):
        context = super().get_context_data(tab=self.tab, blocker=self.blocker(), **kwargs)
        return context | getattr(self, f"_{self.tab}")()

    def _progress(self) -> dict[str, Any]:
        campaign = self.object
        if not campaign.frozen_at:
            audience = audience_of(campaign, as_of=self.today)
            words = segment_in_words(campaign.segment, user=campaign.made_by, as_of=self.today)
            return {
                "audience": audience,
                "segment_words": words,
                "picked_count": campaign.picks.count(),
            }
        progress = progress_of(campaign, as_of=self.today)
        order = [
            MemberStatus.PAID_IN_FULL, MemberStatus.PART_PAID, MemberStatus.PROMISED, MemberStatus.CONTACTED,
            MemberStatus.NOT_REACHED, MemberStatus.UNREACHABLE, MemberStatus.NOT_TRIED, MemberStatus.DISPUTED,
            MemberStatus.WITHHELD,
        ]  # fmt: skip
        cells = [
            {
                "label": status.label,
                "css": STATUS_CSS[status],
                "count": progress.counts[status],
                "share": 100 * progress.counts[status] / progress.members if progress.members else 0,
                "sums": [
                    f"{code} {format_amount(amount, code)}" for code, amount in progress.sums[status].items()
                ],
            }
            for status in order
        ]
        bar = charts.stacked(
            _("Where the members stand"),
            [
                charts.Bar(label=str(status.label), value=progress.counts[status],
                           text=str(progress.counts[status]), css=STATUS_CSS[status])
                for status in order
            ],
        )  # fmt: skip
        level = self.request.GET.get("by", "area")
        level = level if level in ("area", "team") else "area"
        totals: dict[str, Decimal] = {}
        for sums in progress.sums.values():
            for code, amount in sums.items():
                totals[code] = totals.get(code, Decimal(0)) + amount
        return {
            "frozen_sums": [f"{code} {format_amount(amount, code)}" for code, amount in totals.items()],
            "progress": progress,
            "cells": cells,
            "bar": bar,
            "by": level,
            "levels": [("area", _("By area")), ("team", _("By team"))],
            "statuses": [status.label for status in order],
            "by_rows": [
                (name, [(status.label, counts[status]) for status in order], total)
                for name, counts, total in progress_by(campaign, level=level, as_of=self.today)
            ],
        }

    def _members(self) -> dict[str, Any]:
        if not self.object.frozen_at:
            return self._would_be_members()
        seen = self.object.members.filter(account__in=Account.objects.visible_to(self.request.user))
        members = list(
            seen.select_related("account__debtor", "account__officer").order_by("-frozen_overdue", "pk")[:200]
        )
        known = member_statuses(self.object, as_of=self.today, member_ids=[m.pk for m in members])
        return {
            "members": [(member, MemberStatus(known[member.pk])) for member in members],
            "member_count": seen.count(),
        }

    def _would_be_members(self) -> dict[str, Any]:
        """Today's candidates, those picked by hand marked; only what the user may see himself."""
        campaign, user = self.object, self.request.user
        seen = candidates(campaign, as_of=self.today).visible_to(user)
        accounts = list(
            seen.select_related("debtor", "officer", "standing").order_by("-standing__overdue", "pk")[:200]
        )
        picked = campaign.picks.filter(account__in=accounts).values_list("account_id", flat=True)
        return {
            "would_be": accounts,
            "member_count": seen.count(),
            "picked": set(picked),
            "may_take_out": has_permission(user, "campaigns.propose_campaign")
            and campaign.status in (CampaignStatus.DRAFT, CampaignStatus.REJECTED),
        }

    def _plan(self) -> dict[str, Any]:
        activities = list(
            self.object.activities.select_related("owner", "team", "department", "after").order_by(
                "starts_on", "pk"
            )
        )
        return {
            "activities": activities,
            "timeline": timeline(self.object, activities, self.today),
            "may_plan": has_permission(self.request.user, "campaigns.propose_campaign"),
        }

    def _notices(self) -> dict[str, Any]:
        rounds = list(
            self.object.notice_rounds.select_related("notices_file", "sheet_file", "printed_by").order_by(
                "-number"
            )
        )
        wanted = {pk for made in rounds for pk, _reason in made.left_out}
        seen = Account.objects.visible_to(self.request.user).filter(pk__in=wanted)
        numbers = dict(seen.values_list("pk", "number"))
        notices = (
            Notice.objects.filter(
                round__campaign=self.object,
                member__account__in=Account.objects.visible_to(self.request.user),
            )
            .select_related("round", "member__account", "address")
            .order_by("-round__number", "route_order")[:300]
        )
        return {
            "rounds": [
                (
                    made,
                    [
                        (pk, numbers[pk], reason_in_words(reason))
                        for pk, reason in made.left_out
                        if pk in numbers
                    ],
                )
                for made in rounds
            ],
            "counts": notice_counts(self.object),
            "notices": notices,
            "results": [choice for choice in NoticeResult.choices if choice[0]],
            "may_record": has_permission(self.request.user, "campaigns.record_delivery"),
            "may_print": has_permission(self.request.user, "campaigns.print_notices")
            and self.object.status == CampaignStatus.RUNNING,
        }

    def _notes(self) -> dict[str, Any]:
        return {"notes": self.object.notes.select_related("author").order_by("-id")[:100]}
