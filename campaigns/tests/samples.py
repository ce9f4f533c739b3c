"""What the view contract opens the URLs of campaigns with."""

from accounts.imports.feeds import release_feed
from campaigns.correspondence.models import TemplateVersion
from campaigns.sending.models import Message
from campaigns.strategies.models import StrategyVersion
from campaigns.tests import making
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import World, register_sample


def _message(world: World, status: str = "queued") -> dict:
    return {"pk": making.message(account=world.account, status=status).pk}


def _strategy(world: World) -> dict:
    return {"pk": StrategyVersion.objects.order_by("pk").first().pk}


def _strategy_draft(world: World) -> dict:
    return {"pk": making.strategy_version().pk}


def _what_if(world: World) -> dict:
    version = making.strategy_version()
    side = {
        "by_day": {}, "totals": {}, "contacts": 0, "debtors": 0, "per_debtor": {}, "officers": {},
        "refused": {}, "refused_by_day": {}, "spared": {}, "cost": {},
    }  # fmt: skip
    result = {"accounts": 0, "live": side, "draft": side, "changed": 0, "pressure": []}
    return {"pk": making.what_if(version=version, result=result).pk}


def _what_if_in_force(world: World) -> dict:
    made = _what_if(world)
    StrategyVersion.objects.filter(what_ifs=made["pk"]).update(valid_from=clock.today())
    return made


def _text(world: World) -> dict:
    return {"pk": TemplateVersion.objects.order_by("pk").first().pk}


def _text_draft(world: World) -> dict:
    return {"pk": making.text_version().pk}


def _run(world: World) -> dict:
    return {"pk": making.reminder_run(creditor=world.creditor).pk}


def _late_feed(world: World) -> dict:
    alarm = making.late_feed(creditor=world.creditor)
    return {"pk": alarm.pk}


def _released_feed(world: World) -> dict:
    alarm = making.late_feed(creditor=world.creditor)
    release_feed(
        alarm=alarm, hours=4, reason="Known", actor=makers.user(role=Role.MANAGER), as_of=clock.today()
    )
    return {"pk": alarm.pk}


register_sample("campaigns:feed_end_release", _released_feed)
register_sample("campaigns:feed_detail", lambda world: {"pk": world.creditor.pk})
register_sample("campaigns:feed_release", _late_feed)
register_sample("campaigns:message_detail", _message)
register_sample("campaigns:message_resolve", lambda world: _message(world, "unknown"))
register_sample("campaigns:message_retry", lambda world: _message(world, "failed"))
register_sample("campaigns:message_cancel", _message)
register_sample("campaigns:message_hold", _message)
register_sample("campaigns:strategy_detail", _strategy, scoped=False)
register_sample("campaigns:strategy_edit", _strategy_draft, scoped=False)
register_sample("campaigns:strategy_draft", _strategy, scoped=False)
register_sample("campaigns:strategy_submit", _strategy_draft, scoped=False)
register_sample("campaigns:strategy_discard", _strategy_draft, scoped=False)
register_sample("campaigns:strategy_approve", _strategy_draft, scoped=False)
register_sample("campaigns:strategy_reject", _strategy_draft, scoped=False)
register_sample("campaigns:strategy_retire", _strategy, scoped=False)
register_sample("campaigns:strategy_roll_back", _strategy, scoped=False)
register_sample("campaigns:ladder", lambda world: {"pk": world.account.pk})
register_sample("campaigns:what_if_new", _strategy_draft, scoped=False)
register_sample("campaigns:what_if", _what_if, scoped=False)
register_sample("campaigns:what_if_accounts", _what_if, scoped=False)
register_sample("campaigns:what_if_refused", _what_if, scoped=False)
register_sample("campaigns:what_if_outcome", _what_if_in_force, scoped=False)
register_sample("campaigns:template_detail", _text, scoped=False)
register_sample("campaigns:template_preview", _text, scoped=False)
register_sample("campaigns:template_edit", _text_draft, scoped=False)
register_sample("campaigns:template_draft", _text, scoped=False)
register_sample("campaigns:template_submit", _text_draft, scoped=False)
register_sample("campaigns:template_discard", _text_draft, scoped=False)
register_sample("campaigns:template_approve", _text_draft, scoped=False)
register_sample("campaigns:template_reject", _text_draft, scoped=False)
register_sample("campaigns:template_retire", _text, scoped=False)
register_sample("campaigns:reminder_run_detail", _run)
register_sample("campaigns:reminder_run_stop", _run)
register_sample(
    "campaigns:print_batch_detail",
    lambda world: {"pk": making.print_batch(creditor=world.creditor).pk},
)
for _name in ("prints_spoilt", "prints_again"):
    register_sample(
        f"campaigns:{_name}",
        lambda world: {"pk": making.print_batch(creditor=world.creditor).pk},
    )
register_sample(
    "campaigns:sending_resume",
    lambda world: {"pk": making.sending_pause(creditor=world.creditor).pk},
)


def _campaign(world: World, status: str = "draft") -> dict:
    return {"pk": making.campaign(account=world.account, status=status).pk}


def _activity(world: World) -> dict:
    campaign = making.campaign(account=world.account, status="running")
    return {"pk": making.activity(campaign=campaign).pk}


def _notice(world: World) -> dict:
    return {"pk": making.notice(account=world.account).pk}


for name, status in (
    ("campaign_detail", "running"),
    ("campaign_change", "draft"),
    ("campaign_submit", "draft"),
    ("campaign_take_out", "draft"),
    ("campaign_approve", "submitted"),
    ("campaign_reject", "submitted"),
    ("campaign_start", "approved"),
    ("campaign_close", "running"),
    ("activity_new", "draft"),
    ("notices_print", "running"),
    ("campaign_note", "draft"),
):
    register_sample(f"campaigns:{name}", lambda world, status=status: _campaign(world, status))
register_sample("campaigns:activity_change", _activity)
register_sample("campaigns:activity_advance", _activity)
register_sample("campaigns:notice_result", _notice)
register_sample(
    "campaigns:escalation_decide", lambda world: {"pk": making.escalation(account=world.account).pk}
)


def _of_debtor(world: World) -> dict:
    return {"pk": world.account.debtor_id}


def _of_account(world: World) -> dict:
    return {"pk": world.account.pk}


def _receipt(world: World) -> dict:
    day = clock.today()
    paid = makers.entry(
        account=world.account, amount="5", value_date=day, kind="payment", method="cash", as_of=day
    )
    return {"pk": paid.pk}


for name in ("debtor_statement", "debtor_statement_issue", "debtor_clearance"):
    register_sample(f"campaigns:{name}", _of_debtor)
for name in ("account_statement", "account_statement_issue", "account_clearance"):
    register_sample(f"campaigns:{name}", _of_account)
register_sample(
    "campaigns:statement_detail", lambda world: {"pk": making.statement(account=world.account).pk}
)
register_sample(
    "campaigns:statement_run_detail",
    lambda world: {"pk": making.statement_run(account=world.account).pk},
)
register_sample("campaigns:campaign_statements", lambda world: _campaign(world, "running"))
for name in ("clearance_detail", "clearance_withdraw"):
    register_sample(
        f"campaigns:{name}",
        lambda world: {"pk": making.clearance_letter(account=world.account).pk},
    )
register_sample("campaigns:payment_receipt", _receipt)
register_sample("campaigns:why_not_account", lambda world: {"pk": world.account.pk})


def _notice(world: World) -> dict:
    return {"pk": making.formal_notice(account=world.account).pk}


for name in ("detail", "served", "returned"):
    register_sample(f"campaigns:formal_notice_{name}", _notice)
for name in ("give", "by_hand"):
    register_sample(f"campaigns:formal_notice_{name}", lambda world: {"pk": world.account.pk})

for name in ("debtor_folder", "paper_file"):
    register_sample(f"campaigns:{name}", lambda world: {"pk": world.account.debtor_id})
register_sample("campaigns:account_folder", lambda world: {"pk": world.account.pk})


def _returned_letter(world) -> dict:
    message = making.message(account=world.account, status="sent", channel="letter")
    Message.objects.filter(pk=message.pk).update(delivery="bounced")
    return {"pk": message.pk}


register_sample("campaigns:letter_return_undo", _returned_letter)
