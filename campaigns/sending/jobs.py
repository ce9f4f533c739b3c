"""Workers of the outbox. Several lanes send side by side; a claimed message is nobody else's."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.contacts.signals import told_together
from accounts.parties.models import Creditor
from accounts.policies.queries import read_once
from campaigns.sending import printing, rules
from campaigns.sending.gateways import Gateways
from campaigns.sending.incoming import read_inbox
from campaigns.sending.looking_up import look_up_unknown
from campaigns.sending.queries import due_ids
from campaigns.sending.services import database_now, send_chunk
from campaigns.sending.settling import reap
from collections_app.core import clock
from collections_app.core.jobs import JobRunner, Tick
from collections_app.core.models import User

LANE_WORTH = 100  # so many waiting messages are worth one more lane
UNTOUCHED = {"gone", "busy", "queued"}


class SendMessages(JobRunner):
    """Sends what is due until nothing is left. The first lane calls the others when there is much.

    Time is the database's: the hours of the contact rules must not depend on whose worker it is."""

    name = "campaigns.send_due_messages"
    title = _("Send messages that are due")
    permission = rules.SEND

    def run(self, job, progress):
        system = User.objects.system()
        outcomes: dict[str, int] = {}
        gateways = Gateways()
        try:
            if not job.scope:
                self._lead(job, gateways, system, progress)
            while self._round(outcomes, gateways, system, progress):
                progress.check()
        finally:
            gateways.close()
        return outcomes

    def _lead(self, job, gateways: Gateways, system: User, progress) -> None:
        """Mend what the dead have left, and call as many lanes as there is work for."""
        now = database_now()
        reap(actor=system, as_of=clock.local_date(now), now=now)
        look_up_unknown(gateways=gateways, now=now, actor=system)
        lanes = settings.SENDING_LANES
        waiting = len(due_ids(now=now, limit=lanes * LANE_WORTH))
        progress.total(waiting)
        for lane in range(1, min(lanes, waiting // LANE_WORTH)):
            SendMessages.enqueue_once(scope=f"lane {lane}", actor=job.actor)

    def _round(self, outcomes: dict[str, int], gateways: Gateways, system: User, progress) -> bool:
        """One chunk of due messages; False when none of them was ours to move."""
        with told_together(), read_once():
            _taken, counts = send_chunk(now=database_now(), gateways=gateways, actor=system)
        moved = {name: number for name, number in counts.items() if name not in UNTOUCHED}
        for name, number in moved.items():
            outcomes[name] = outcomes.get(name, 0) + number
        progress.advance(sum(moved.values()))
        return bool(moved)


class CallSenders(Tick):
    """Calls a sender as soon as something is due, so that what waited for the next legal minute leaves in
    it; asks one cheap question and leaves no trace when there is nothing."""

    name = "campaigns.call_senders"

    def run(self) -> None:
        if due_ids(now=database_now(), limit=1):
            SendMessages.enqueue_once(actor=User.objects.system())


class ReadInbox(JobRunner):
    """Takes reports of failed deliveries and replies from the office's inbox, where there is one."""

    name = "campaigns.read_inbox"
    title = _("Read the inbox")
    permission = rules.SEND

    def run(self, job, progress):
        return read_inbox(now=database_now()) if settings.INBOX_URL else {}


class PrintLetters(JobRunner):
    """Prints the waiting letters as one file; `scope` is a creditor's code or empty for all."""

    name = "campaigns.print_letters"
    title = _("Print the waiting letters")
    permission = rules.PRINT

    def run(self, job, progress):
        system = User.objects.system()
        reap(actor=system, as_of=clock.today())
        printing.finish_batches(actor=job.actor)

        def tell(done: int, total: int) -> None:
            progress.size = total
            progress.advance(done - progress.done)

        creditor = Creditor.objects.filter(code=job.scope).first() if job.scope else None
        batch = printing.print_letters(
            now=clock.now(), actor=job.actor, creditor=creditor, on_progress=tell
        )
        if batch is None:
            return {"letters": 0}
        progress.attach(batch.document)
        return {"letters": batch.letters, "spared": batch.spared, "batch": batch.pk}
