"""The roll of the day, and the days that are kept."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.ledger.keeping import keep_days
from accounts.ledger.models import Account
from accounts.ledger.signals import standings_rolled
from accounts.ledger.standing import roll_standing
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class RollDay(JobRunner):
    """Brings standings to the new day, zone by zone; safe to run any number of times a day."""

    name = "accounts.roll_day"
    title = _("Roll standings to the new day")

    def run(self, job, progress):
        by_zone: dict[str, list[int]] = {}
        for pk, zone in Creditor.objects.values_list("pk", "time_zone").order_by("pk"):
            by_zone.setdefault(zone, []).append(pk)
        progress.total(len(by_zone))
        rolled = 0
        for zone, creditor_ids in by_zone.items():
            as_of = clock.today(zone)
            with transaction.atomic():
                ids = roll_standing(as_of=as_of, creditor_ids=creditor_ids)
                if ids:
                    standings_rolled.send(sender=Account, account_ids=ids, as_of=as_of, actor=job.actor)
            rolled += len(ids)
            progress.advance(1, zone)
        return {"accounts": rolled}


class KeepDays(JobRunner):
    """Keeps the ends of the last months and today's ageing; brings those kept before up to now."""

    name = "accounts.keep_days"
    title = _("Keep month-ends and the ageing of today")

    def run(self, job, progress):
        progress.total(1)
        done = keep_days(as_of=job.as_of or clock.today())
        progress.advance(1)
        return done
