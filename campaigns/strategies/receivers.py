"""Installs the default strategy when an installation is prepared.

Approved by the system alone, marked "installed": at the first start there are no two people yet.
It treats consumers of every creditor until an office approves a strategy of its own; nothing goes
out anyway before a manager has released the creditor.
"""

from dataclasses import asdict
from datetime import date

from campaigns.strategies.enums import STAGE_NAMES, VersionStatus
from campaigns.strategies.models import Strategy, StrategyVersion
from campaigns.strategies.services import NewStep, content_hash
from collections_app.core import audit, clock, prepare
from collections_app.core.models import User

INSTALLED = "installed"
STANDARD = "standard"
FROM_THE_BEGINNING = date(2000, 1, 1)
STEPS = [
    NewStep("before", "Before the due day", 1, -3, "email", "upcoming", pay_within_days=3),
    NewStep("friendly", "Friendly reminder", 1, 1, "email", "friendly", pay_within_days=7),
    NewStep("reminder", "Second reminder", 2, 7, "sms", "reminder", pay_within_days=7),
    NewStep("warning", "Warning", 3, 15, "email", "warning", pay_within_days=10),
    NewStep("final", "Last reminder", 4, 30, "letter", "final", pay_within_days=14),
    NewStep("pre-legal", "Before legal", 5, 45, "letter", "pre-legal", pay_within_days=14),
]


def install_strategy() -> None:
    """A step of `manage.py prepare`; does nothing once any strategy exists."""
    if Strategy.objects.exists():
        return
    system = User.objects.system()
    strategy = Strategy.objects.create(
        code=STANDARD, name="Standard, -3 +1 +7 +15 +30 +45", priority=1000
    )
    version = StrategyVersion.objects.create(
        strategy=strategy,
        number=1,
        valid_from=FROM_THE_BEGINNING,
        note=INSTALLED,
        status=VersionStatus.APPROVED,
        made_by=system,
        approved_by=system,
        approved_at=clock.now(),
    )
    named = [
        NewStep(**{**step.__dict__, "stage_name": str(STAGE_NAMES[step.stage])}) for step in STEPS
    ]
    version.replace_steps(asdict(step) for step in named)
    version.content_hash = content_hash(version)
    version.save(update_fields=["content_hash"])
    audit.record("strategy.installed", version, actor=system)


prepare.register("strategies", install_strategy)
