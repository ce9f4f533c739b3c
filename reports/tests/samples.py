"""What the view contract opens the reports' URLs with."""

from datetime import date

from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import World, register_sample
from reports.closing.services import build_report
from reports.figures.month import Month
from reports.reviews.services import prepare_report, review_report, submit_report


def _build(world: World) -> dict:
    makers.entry(account=world.account, amount="10", value_date=date(2026, 3, 3), as_of=date(2026, 4, 1))
    build = build_report(kind="collection", month=Month(2026, 3), actor=makers.system(), formats=("json",))
    return {"pk": build.pk}


def _page(world: World) -> dict:
    _build(world)
    return {"kind": "collection", "month": "2026-03"}


def _collector(world: World, status: str = "draft") -> dict:
    day = date(2026, 3, 1)
    report = prepare_report(
        officer=world.officer, first_day=day, last_day=day, actor=world.officer, as_of=date(2026, 4, 1)
    )
    if status != "draft":
        submit_report(report=report, actor=world.officer, as_of=date(2026, 4, 1))
    if status == "reviewed":
        review_report(report=report, actor=world.user(Role.SUPERVISOR), as_of=date(2026, 4, 1))
    return {"pk": report.pk}


for name, status in (
    ("collector_detail", "draft"),
    ("collector_restatement", "draft"),
    ("collector_refresh", "draft"),
    ("collector_compare", "draft"),
    ("collector_remarks", "draft"),
    ("collector_attach", "draft"),
    ("collector_submit", "draft"),
):
    register_sample(
        f"reports:{name}",
        lambda world, status=status: _collector(world, status),
        user=lambda world: world.officer,
    )
for name, status in (
    ("collector_review", "submitted"),
    ("collector_return", "submitted"),
    ("collector_approve", "reviewed"),
):
    register_sample(
        f"reports:{name}",
        lambda world, status=status: _collector(world, status),
        user=lambda world: world.user(Role.SUPERVISOR),
    )
register_sample("reports:report_detail", _page, scoped=False)
register_sample("reports:report_sign", _build, scoped=False)
register_sample("reports:report_prove", _build, scoped=False)
register_sample("reports:report_restatement", _build, scoped=False)
register_sample("reports:ageing_compare", lambda world: {}, scoped=False)
register_sample("reports:ageing_file", lambda world: {"kind": "csv"}, scoped=False)
register_sample("reports:ageing_accounts", lambda world: {"currency": "EUR", "label": "1-30"}, scoped=False)
