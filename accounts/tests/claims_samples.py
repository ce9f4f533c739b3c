"""What the view contract opens the pages of claims with; read by `samples`."""

from datetime import timedelta

from accounts.approvals.services import ask_approval
from accounts.holds.services import record_legal_fact
from accounts.policies.services import propose_policy, submit_policy
from accounts.teams.models import DepartmentMembership
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def owed(world):
    return makers.entry(account=world.account, amount="100.00", value_date=clock.today() - timedelta(days=3))


def account(world):
    owed(world)
    return {"pk": world.account.pk}


def debtor(world):
    return {"pk": world.account.debtor_id}


def promise(world):
    owed(world)
    made = makers.promise(
        account=world.account, due_date=clock.today() + timedelta(days=4), as_of=clock.today()
    )
    return {"pk": made.pk}


def clerk(world):
    """The department user of the world, who answers for a department."""
    person = world.user(Role.DEPARTMENT_USER)
    if not person.department_memberships.exists():
        DepartmentMembership.objects.create(
            department=makers.department(), user=person, valid_from=makers.LONG_AGO
        )
    return person


def dispute(world):
    made = makers.dispute(
        account=world.account,
        items=[(owed(world), "40.00")],
        asked=clerk(world),
        actor=makers.user(),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def hold(world):
    return {"pk": makers.hold(account=world.account, as_of=clock.today()).pk}


def legal_fact(world):
    fact = record_legal_fact(
        debtor=world.account.debtor,
        kind="minor",
        effective_date=clock.today(),
        actor=makers.system(),
        as_of=clock.today(),
    )
    return {"pk": fact.pk}


def case(world):
    made = makers.hardship_case(debtor=world.account.debtor, as_of=clock.today(), note="Lost his work")
    return {"pk": made.pk}


def task(world):
    return {"pk": makers.task(team=world.team).pk}


def approval(world):
    made = ask_approval(
        kind="sample",
        subject=world.account,
        summary="A sample",
        content={},
        permission="accounts.decide_approval",
        team=world.team,
        actor=makers.user(),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def own_approval(world):
    made = ask_approval(
        kind="sample",
        subject=world.account,
        summary="A sample",
        content={},
        permission="accounts.decide_approval",
        team=world.team,
        actor=world.officer,
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def version(world):
    """A draft of the supervisor's."""
    made = propose_policy(
        kind="after_rejection",
        values={"days": 3},
        valid_from=clock.today(),
        note="Sample",
        actor=world.user(Role.SUPERVISOR),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def submitted(world):
    found = version(world)
    made = world.user(Role.SUPERVISOR)
    submit_policy(
        version=type(makers.policy("feed", {})).objects.get(**found), actor=made, as_of=clock.today()
    )
    return found


for name in ("promise_detail", "promise_cancel"):
    register_sample(f"accounts:{name}", promise)
for name in ("promise_new", "dispute_new", "hold_new"):
    register_sample(f"accounts:{name}", account)
for name in ("debtor_hold_new", "legal_fact_new", "hardship_new"):
    register_sample(f"accounts:{name}", debtor)
for name in ("dispute_detail", "dispute_route", "dispute_withdraw", "dispute_evidence_new"):
    register_sample(f"accounts:{name}", dispute)
for name in ("question_detail", "question_evidence_new"):
    register_sample(f"accounts:{name}", dispute, user=clerk)
for name in ("hold_detail", "hold_lift"):
    register_sample(f"accounts:{name}", hold)
register_sample("accounts:legal_fact_end", legal_fact)
for name in ("hardship_detail", "hardship_decide", "hardship_reveal"):
    register_sample(f"accounts:{name}", case)
for name in ("task_detail", "task_complete", "task_cancel"):
    register_sample(f"accounts:{name}", task)
for name in ("approval_detail", "approval_decide"):
    register_sample(f"accounts:{name}", approval)
register_sample("accounts:approval_withdraw", own_approval, user=lambda world: world.officer)
for name in ("policy_kind", "policy_new"):
    register_sample(f"accounts:{name}", lambda world: {"kind": "promise_grace"}, scoped=False)
register_sample("accounts:policy_detail", version, scoped=False)
for name in ("policy_submit", "policy_reject"):
    register_sample(f"accounts:{name}", version, scoped=False, user=lambda world: world.user(Role.SUPERVISOR))
register_sample("accounts:policy_approve", submitted, scoped=False)
