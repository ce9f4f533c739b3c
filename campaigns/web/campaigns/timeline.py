"""The plan as a picture."""

from typing import Any

from django.utils import formats

from campaigns.campaign.enums import ActivityStatus
from campaigns.campaign.models import Campaign, CampaignActivity

WIDTH, LEFT, ROW = 1120, 240, 27


def timeline(campaign: Campaign, activities: list[CampaignActivity], today) -> dict[str, Any] | None:
    """Rows of the Gantt view: positions in a picture `WIDTH` wide, from the first day to the last."""
    if not activities:
        return None
    first = min([campaign.starts_on, *(activity.starts_on for activity in activities)])
    last = max([campaign.ends_on, *(activity.ends_on for activity in activities)])
    days = max((last - first).days + 1, 1)

    def place(day) -> int:
        return LEFT + (WIDTH - LEFT) * (day - first).days // days

    rows = [
        {
            "title": activity.title,
            "y": 28 + ROW * number,
            "text_y": 28 + ROW * number + 12,
            "x": place(activity.starts_on),
            "width": max(place(activity.ends_on) - place(activity.starts_on), 8),
            "css": "g-late"
            if activity.status == ActivityStatus.PLANNED and activity.starts_on < today
            else f"g-{activity.status}",
        }
        for number, activity in enumerate(activities)
    ]
    step = max(days // 8, 1)
    ticks = [
        {"x": place(day), "label": formats.date_format(day, "j M")}
        for number in range(0, days, step)
        if (day := first + (last - first) * number // days)
    ]
    return {
        "rows": rows,
        "ticks": ticks,
        "width": WIDTH,
        "height": 36 + ROW * len(rows),
        "today_x": place(today) if first <= today <= last else None,
    }
