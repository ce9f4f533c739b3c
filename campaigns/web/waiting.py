"""What of campaigns, strategies and texts waits for a second person, for Today of those who decide."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.campaign.enums import CAMPAIGN, CampaignStatus
from campaigns.campaign.models import Campaign
from campaigns.correspondence.enums import TEMPLATE_VERSION
from campaigns.correspondence.models import TemplateVersion
from campaigns.strategies import rules as strategy_rules
from campaigns.strategies.enums import STRATEGY_VERSION, VersionStatus
from campaigns.strategies.models import StrategyVersion
from collections_app.core import panels
from collections_app.core.lifecycle import Lifecycle

MOST = 20


def campaigns(ids: list[int], user, as_of: date) -> list[dict[str, Any]]:
    """Submitted campaigns of one's teams that somebody else made."""
    found = Campaign.objects.visible_to(user).filter(status=CampaignStatus.SUBMITTED)
    found = found.exclude(made_by=user).exclude(owner=user).select_related("made_by").order_by("pk")[:MOST]
    since = CAMPAIGN.since(campaign.pk for campaign in found)
    return [
        {
            "text": _("Campaign: %(name)s") % {"name": campaign.name},
            "by": campaign.made_by,
            "at": since[campaign.pk],
            "url": reverse("campaigns:campaign_detail", args=[campaign.pk]),
        }
        for campaign in found
    ]


def _versions(found, table: Lifecycle, user, url_name: str, text) -> list[dict[str, Any]]:
    waiting = found.filter(status=VersionStatus.SUBMITTED).exclude(made_by=user)
    waiting = waiting.select_related("made_by").order_by("pk")[:MOST]
    since = table.since(version.pk for version in waiting)
    return [
        {
            "text": text(version),
            "by": version.made_by,
            "at": since[version.pk],
            "url": reverse(url_name, args=[version.pk]),
        }
        for version in waiting
    ]


def strategies(ids: list[int], user, as_of: date) -> list[dict[str, Any]]:
    """Submitted strategies that somebody else drafted."""
    return _versions(
        StrategyVersion.objects.select_related("strategy"),
        STRATEGY_VERSION,
        user,
        "campaigns:strategy_detail",
        lambda version: _("Strategy: %(name)s") % {"name": version.strategy.name},
    )


def texts(ids: list[int], user, as_of: date) -> list[dict[str, Any]]:
    """Submitted texts that somebody else drafted."""
    return _versions(
        TemplateVersion.objects.select_related("template"),
        TEMPLATE_VERSION,
        user,
        "campaigns:template_detail",
        lambda version: _("Text: %(name)s") % {"name": version.template.name},
    )


def register() -> None:
    """Called when the URLs are read."""
    for order, provider, permission in (
        (20, campaigns, "campaigns.approve_campaign"),
        (30, strategies, strategy_rules.APPROVE),
        (40, texts, "campaigns.approve_template"),
    ):
        panels.register("today.waiting", order=order, provider=provider, permission=permission)
