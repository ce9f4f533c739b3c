"""One creditor with interest: its terms, and last month's run that waits to be posted.

Nothing is posted, so that the book still comes to what its plan says; posting the run is one click.
"""

from datetime import date, timedelta

from accounts.interest.models import InterestRun
from accounts.interest.services import prepare_run, reckon_run
from accounts.parties.models import Creditor
from accounts.policies.services import approve_policy, propose_policy, submit_policy
from reports.demonstration.office import Office

CREDITOR, RATE = "PORTO", "9.5"


def make_interest(*, office: Office, as_of: date) -> InterestRun:
    """Terms from the first day of last month, proposed by one and approved by another; and the run."""
    last_day = as_of.replace(day=1) - timedelta(days=1)
    first = last_day.replace(day=1)
    creditor = Creditor.objects.get(code=CREDITOR)
    version = propose_policy(
        kind="interest",
        values={"rates": {first.isoformat(): RATE}, "posting": "monthly"},
        valid_from=first,
        scope_type="creditor",
        scope_id=creditor.pk,
        note="Statutory interest on late payment, as agreed in the contract",
        actor=office.users["lopez"],
        as_of=first,
    )
    submit_policy(version=version, actor=office.users["lopez"], as_of=first)
    approve_policy(version=version, actor=office.users["tanaka"], as_of=first)
    supervisor = office.users["bauer"]
    run = prepare_run(creditor=creditor, kind="interest", last_day=last_day, actor=supervisor, as_of=as_of)
    return reckon_run(run=run, actor=supervisor, as_of=as_of)
