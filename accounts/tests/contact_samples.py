"""What the view contract opens the pages of contact with; read by `samples`."""

from datetime import timedelta

from accounts.compliance.services import ask_permit
from accounts.contacts.models import FieldVisit
from accounts.contacts.services import log_unknown_call, open_call, raise_trace
from accounts.holds.breathing_spaces import grant_breathing_space
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def account(world):
    return {"pk": world.account.pk}


def account_on_the_phone(world):
    """The debtor calls the officer, so that no hour of the day is too late."""
    open_call(account=world.account, direction="in", officer=world.officer, at=clock.now())
    return {"pk": world.account.pk}


def attempt(world):
    at = clock.now() - timedelta(days=1)
    return {"pk": makers.attempt(account=world.account, at=at, officer=world.officer).pk}


def follow_up(world):
    due_on = clock.today()
    return {"pk": makers.follow_up(account=world.account, due_on=due_on, owner=world.officer).pk}


def debtor(world):
    return {"pk": world.account.debtor_id}


def calendar(world):
    return {"token": world.officer.calendar_token}


for name in ("call_panel", "call_open", "call_outcome", "contact_log", "note_add", "follow_up_plan"):
    register_sample(f"accounts:{name}", account)
register_sample("accounts:call_consequence", account)
register_sample("accounts:call_answers", account)
register_sample("accounts:call_check", account_on_the_phone)
register_sample("accounts:presence", debtor)
register_sample("accounts:contact_detail", attempt)
register_sample("accounts:contact_correct", attempt, user=lambda world: world.user(Role.COLLECTION_OFFICER))
register_sample("accounts:follow_up_done", follow_up)
register_sample("accounts:follow_up_cancel", follow_up)
register_sample("accounts:channel_opt_out", debtor)
register_sample("accounts:calendar_feed", calendar)


def planned_visit(world):
    due_on = clock.today()
    row = makers.follow_up(account=world.account, due_on=due_on, owner=world.officer, kind="visit")
    return {"pk": row.pk}


def begun_visit(world):
    now = clock.now()
    permit = ask_permit(
        debtor=world.account.debtor, accounts=[world.account], channel="visit", at=now, actor=world.officer
    )
    visit = FieldVisit.objects.create(
        follow_up_id=planned_visit(world)["pk"], officer=world.officer, permit=permit, started_at=now
    )
    return {"pk": visit.pk}


def breathing_space(world, kind="standard"):
    today = clock.today()
    due = today - timedelta(days=9)
    makers.entry(account=world.account, amount="70.00", value_date=due, due_date=due)
    space = grant_breathing_space(
        debtor=world.account.debtor,
        kind=kind,
        reference="BS",
        first_day=today - timedelta(days=1),
        told_on=today,
        actor=makers.system(),
        as_of=today,
    )
    return {"pk": space.pk}


def crisis(world):
    return breathing_space(world, kind="crisis")


register_sample("accounts:visit_start", planned_visit)
for name in ("visit", "visit_call_off"):
    register_sample(f"accounts:{name}", begun_visit, user=lambda world: world.user(Role.COLLECTION_OFFICER))
register_sample("accounts:breathing_space_new", debtor)
register_sample("accounts:breathing_space_treatment", crisis)
for name in ("detail", "extend", "end", "undo"):
    register_sample(f"accounts:breathing_space_{name}", breathing_space)


def left_call(world):
    return {"pk": open_call(account=world.account, direction="in", officer=world.officer, at=clock.now()).pk}


register_sample("accounts:left_call_end", left_call)


def search(world):
    raised = raise_trace(
        debtor=world.account.debtor,
        account=world.account,
        reason="Came back.",
        actor=world.officer,
        as_of=clock.today(),
    )
    return {"pk": raised.pk}


register_sample("accounts:trace_close", search)


def unknown_call(world):
    return {"pk": log_unknown_call(number="+49 30 555 0142", at=clock.now(), officer=world.officer).pk}


register_sample("accounts:unknown_call_tie", unknown_call, scoped=False)
