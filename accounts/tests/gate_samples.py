"""What the view contract opens the pages of the contact gate with; read by `samples`."""

from datetime import timedelta

from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.models import ContactProfile, ContactReplay
from accounts.compliance.services import ask_permit
from accounts.compliance.standing import note_contact_fact
from accounts.ledger.models import AccountParty
from accounts.policies.enums import PolicyStatus
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def profile(status, maker_role=Role.SUPERVISOR):
    """A version of the British profile with one number changed."""

    def make(world):
        shipped = next(row for row in SHIPPED if row.code == "uk_conc")
        clauses = [clause.as_data() for clause in shipped.clauses]
        clauses[0]["value"]["week"]["sun"] = "10:00-16:00"
        version = ContactProfile.objects.create(
            code=shipped.code,
            title=shipped.title,
            country=shipped.country,
            valid_from=clock.today() + timedelta(days=1),
            clauses=clauses,
            note="Counsel's advice",
            status=status,
            made_by=world.user(maker_role),
        )
        return {"pk": version.pk}

    return make


def replay(world):
    made = ContactReplay.objects.create(
        first_day=clock.today() - timedelta(days=9), last_day=clock.today(), ordered_by=makers.user()
    )
    return {"pk": made.pk}


register_sample("accounts:contact_profile_detail", profile(PolicyStatus.DRAFT), scoped=False)
register_sample("accounts:contact_profile_new", profile(PolicyStatus.APPROVED), scoped=False)
register_sample(
    "accounts:contact_profile_submit",
    profile(PolicyStatus.DRAFT),
    scoped=False,
    user=lambda world: world.user(Role.SUPERVISOR),
)
register_sample("accounts:contact_profile_approve", profile(PolicyStatus.SUBMITTED), scoped=False)
register_sample("accounts:contact_profile_reject", profile(PolicyStatus.SUBMITTED), scoped=False)
register_sample("accounts:contact_replay_detail", replay, scoped=False)


def debtor(world):
    return {"pk": world.account.debtor_id}


def contact_fact(world):
    fact = note_contact_fact(
        kind="consent",
        debtor=world.account.debtor,
        channel="sms",
        since=clock.today(),
        source="A letter",
        actor=world.officer,
    )
    return {"pk": fact.pk}


def permit(world):
    asked = ask_permit(
        debtor=world.account.debtor,
        accounts=[world.account],
        channel="call",
        at=clock.now(),
        actor=world.officer,
    )
    return {"pk": asked.pk}


register_sample("accounts:permit_detail", permit)
register_sample("accounts:account_permits", lambda world: {"pk": world.account.pk})
for name in ("contact_fact_list", "contact_fact_new"):
    register_sample(f"accounts:{name}", debtor)
register_sample("accounts:contact_fact_end", contact_fact)


def representative(world):
    party = AccountParty.objects.create(
        account=world.account,
        debtor=makers.debtor(creditor=world.account.creditor),
        role="representative",
        valid_from=world.account.opened_date,
    )
    return {"pk": party.pk}


for name in ("party_list", "party_new"):
    register_sample(f"accounts:{name}", lambda world: {"pk": world.account.pk})
register_sample("accounts:party_end", representative, user=lambda world: world.user(Role.SENIOR_OFFICER))
