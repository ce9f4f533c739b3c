"""What the view contract opens the reports' URLs with."""

from datetime import date

from collections_app.testing import makers
from collections_app.testing.view_contract import World, register_sample
from reports.closing.services import build_report
from reports.figures.month import Month


def _build(world: World) -> dict:
    makers.entry(account=world.account, amount="10", value_date=date(2026, 3, 3), as_of=date(2026, 4, 1))
    build = build_report(kind="collection", month=Month(2026, 3), actor=makers.system(), formats=("json",))
    return {"pk": build.pk}


def _page(world: World) -> dict:
    _build(world)
    return {"kind": "collection", "month": "2026-03"}


register_sample("reports:report_detail", _page, scoped=False)
register_sample("reports:report_sign", _build, scoped=False)
register_sample("reports:report_prove", _build, scoped=False)
