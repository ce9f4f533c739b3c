"""Who sees what accrued, who lets it be posted, and who may waive it."""

from django.utils.translation import gettext_lazy as _

from accounts.interest.enums import RUN
from accounts.interest.models import InterestRun, InterestWindow
from accounts.interest.terms import segments
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

VIEW_INTEREST = declare(
    "accounts.view_interest", _("See what has accrued on an account, window by window"), OFFICE
)
VIEW_RUNS = declare(
    "accounts.view_interest_runs",
    _("See the runs that post interest and fees"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
VIEW_ACCRUED = declare(
    "accounts.view_accrued_interest",
    _("See what interest accrues day by day, and hold the days against the month"),
    {Role.SUPERVISOR, Role.MANAGER},
)
RUN_INTEREST = declare(
    RUN, _("Prepare, post and take back runs of interest and fees"), {Role.SUPERVISOR, Role.MANAGER}
)
WAIVE_INTEREST = declare(
    "accounts.waive_interest",
    _("Waive interest or a fee, up to one's authority"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
sealed(InterestWindow)


def terms_of_run(run: InterestRun) -> list:
    """The dated terms of the creditor's accounts on the run's last day, by portfolio and currency."""
    groups = {
        (run.creditor_id, portfolio_id, currency)
        for portfolio_id, currency in run.creditor.accounts.order_by()
        .values_list("portfolio_id", "currency")
        .distinct()
    }
    return segments(run.kind, sorted(groups, key=str), as_of=run.last_day)


def needs_second_person(run: InterestRun) -> bool:
    """Whether a policy that the run works by asks for another person than its maker."""
    return any(
        segment.values["second_person"] for segment in terms_of_run(run) if segment.last_day >= run.last_day
    )


def may_post(user, run: InterestRun) -> bool:
    """Not who prepared the run, where the terms in force on its last day ask for a second person."""
    return user.role == Role.SYSTEM or run.made_by_id != user.pk or not needs_second_person(run)
