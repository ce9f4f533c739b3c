"""One day's pass over the books: who is due, whom the step spares and why, one message per debtor."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked
from accounts.compliance.services import Given, give_permits
from accounts.imports.feeds import watch_feeds
from accounts.ledger.services import roll_standing
from accounts.parties.models import Creditor
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import carries_of, prints_in
from campaigns.notices.enums import NoticeStatus
from campaigns.notices.queries import Had, notice_texts
from campaigns.sending.enums import FOREWARNED, SPARED_BY_RULE, MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.sending.services import LONGEST_WAIT, NewMessage, queue_messages
from campaigns.strategies.queries import in_force
from campaigns.treatment import rules, working
from campaigns.treatment.addressees import for_joint_debtors, one_debtor_each
from campaigns.treatment.book_pass import Group, House, Judged, judge_books
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.forewarning import forewarned_until
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.recording import record_steps
from campaigns.treatment.superseding import withhold_superseded
from campaigns.treatment.thanks import queue_thanks
from campaigns.treatment.unreached import trace_unreached
from collections_app.core import audit, clock
from collections_app.core.permissions import require

CHUNK = 2_000
PASS_LOCK = 7_215_032  # first key of the advisory lock of a pass, the second is the creditor


def run_reminders(
    *,
    as_of: date,
    now: datetime,
    actor,
    creditor: Creditor | None = None,
    creditors: Sequence[Creditor] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[ReminderRun]:
    """Queue the reminders of a day; one run per creditor (all active ones when none is named).

    `as_of` is the day in the creditors' zones, `now` the moment for the gate. The books are judged
    together. Safe to run again: a step taken is not taken twice. Raises RunUnderWay when another
    worker is at one of the books.
    """
    require(actor, rules.RUN)
    if creditor is not None:
        creditors = [creditor]
    elif creditors is None:
        creditors = list(Creditor.objects.filter(is_active=True).order_by("id"))
    with ExitStack() as locks:
        for row in creditors:
            locks.enter_context(_pass_lock(row))
        # nobody is spared for old books without an alarm that says so
        watch_feeds(now=now, creditor_ids=[row.pk for row in creditors])
        runs = {
            row.pk: ReminderRun.objects.create(as_of=as_of, creditor_code=row.code, actor=actor)
            for row in creditors
        }
        judged = _judge([House(row, now, runs[row.pk].pk) for row in creditors], as_of, now, actor)
        tell = _Telling(on_progress, sum(len(found.groups) for found in judged.values()))
        for row in creditors:
            _queue_run(runs[row.pk], row, judged.pop(row.pk), now, actor, tell)
    return list(runs.values())


class _Telling:
    """Says how many messages of all creditors are queued."""

    def __init__(self, on_progress: Callable[[int, int], None] | None, total: int) -> None:
        self._on_progress, self._total, self._done = on_progress, total, 0

    def advance(self, number: int) -> None:
        self._done += number
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)


def _queue_run(
    run: ReminderRun, creditor: Creditor, judged: Judged, now: datetime, actor, tell: _Telling
) -> None:
    as_of = run.as_of
    groups, tally = judged.groups, Counter(judged.counts)
    book = TextBook()
    for start in range(0, len(groups), CHUNK):
        chunk = groups[start : start + CHUNK]
        tally.update(
            _queue_chunk(chunk, creditor, book, run=run, as_of=as_of, now=now, actor=actor)
        )
        tell.advance(len(chunk))
    for start in range(0, len(judged.works), CHUNK):
        chunk = judged.works[start : start + CHUNK]
        tally.update(
            working.give_work(chunk, creditor, run=run, as_of=as_of, now=now, actor=actor)
        )
    tally.update(
        queue_thanks(creditor=creditor, book=book, run=run, as_of=as_of, now=now, actor=actor)
    )
    run.counts = dict(tally)
    run.finished_at = clock.now()
    run.save(update_fields=["counts", "finished_at"])
    audit.record("reminders.run", run, actor=actor, after=run.counts)


class _pass_lock:
    """A session lock on the creditor's pass: it outlives the transactions of the chunks."""

    def __init__(self, creditor: Creditor) -> None:
        self._key = [PASS_LOCK, creditor.pk % 2_000_000_000]

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", self._key)
            if not cursor.fetchone()[0]:
                raise rules.RunUnderWay(
                    _("These reminders are being run already. Wait for the end.")
                )

    def __exit__(self, *_exception) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", self._key)


@transaction.atomic
def _judge(houses: Sequence[House], as_of: date, now: datetime, actor) -> dict[int, Judged]:
    roll_standing(as_of=as_of)
    with connection.cursor() as cursor:
        judged = judge_books(cursor, houses, as_of=as_of)
        trace_unreached(cursor, notice_texts(), as_of=as_of, now=now, actor=actor)
        return judged


# ---- messages ----


@transaction.atomic
def _queue_chunk(
    groups: Sequence[Group],
    creditor: Creditor,
    book: TextBook,
    *,
    run: ReminderRun,
    as_of: date,
    now: datetime,
    actor,
) -> dict[str, int]:
    """Permits, messages and step records of some hundred debtors, in one transaction."""
    spared: list[tuple[Group, str]] = []
    ready: list[tuple[Group, TemplateVersion]] = []
    groups = one_debtor_each(groups, as_of=as_of)
    for group in groups:
        text = pick_text(group, creditor, book)
        if isinstance(text, Spared):
            spared.append((group, text))
        else:
            ready.append((group, text))
    had = _had_by(ready, as_of)
    served = [group for group, text in ready if _has_had(had, group, text)]
    ready = [(group, text) for group, text in ready if not _has_had(had, group, text)]
    permitted = ask_for_groups(ready, now=now, actor=actor)
    tolerances = {version.pk: version.tolerances for version in in_force(as_of).treating}
    forewarned = forewarned_until(now, creditor_id=creditor.pk, as_of=as_of)

    def message(group: Group, text: TemplateVersion, permit: Given, key: str) -> NewMessage:
        waits_until = max(permit.moment, forewarned or now)
        return NewMessage(
            debtor_id=group.debtor_id,
            creditor_id=creditor.pk,
            channel=group.channel,
            language=text.template.language,
            key=key,
            permit_id=permit.pk,
            template_version_id=text.pk,
            contact_point_id=group.point_id,
            lines=tuple(zip(group.account_ids, group.currencies, group.amounts, strict=True)),
            stage=group.stage,
            stage_name=group.stage_name,
            pay_within_days=group.pay_within_days,
            not_before=waits_until if waits_until > now else None,
            reason=permit.waits_for if permit.moment >= waits_until else FOREWARNED,
            asks_until=group.asks_until,
            tolerances=tolerances.get(group.version_id, {}),
        )

    # (key, of which group's step, whose, text, permit); the key of each step's first message
    out: list[tuple[str, Group, Group, TemplateVersion, Given]] = []
    for (group, text), permit in zip(ready, permitted, strict=True):
        if permit.is_allowed:
            out.append((message_key(group), group, group, text, permit))
        else:
            spared.append((group, SPARED_BY_RULE.get(permit.rule, Spared.GATE)))
    leads = [*(group for _key, group, *_rest in out), *served]
    beside = [
        (group, own, text)
        for group, own in for_joint_debtors(leads, as_of=as_of)
        if not isinstance(text := pick_text(own, creditor, book), Spared)
        and not _has_had(had, own, text)
    ]
    given = ask_for_groups([(own, text) for _group, own, text in beside], now=now, actor=actor)
    for (group, own, text), permit in zip(beside, given, strict=True):
        if permit.is_allowed:
            out.append((f"{message_key(group)}-joint-{own.debtor_id}", group, own, text, permit))
    queued = {message_key(group): group for _key, group, *_rest in out}
    spared += [(group, Spared.NOTICE) for group in served if message_key(group) not in queued]
    keys = _keys_for([key for key, *_rest in out])
    messages = [message(own, text, permit, keys[key]) for key, _group, own, text, permit in out]
    account_ids = [pk for group in queued.values() for pk in group.account_ids]
    withhold_superseded(account_ids=account_ids, as_of=as_of, actor=actor)
    ids = queue_messages(messages=messages, actor=actor, as_of=as_of, run_id=run.pk)
    first = {message_key(group): keys[key] for key, group, *_rest in reversed(out)}
    _record_steps(
        [(group, StepStatus.QUEUED, "", ids.get(first[key])) for key, group in queued.items()]
        + [(group, StepStatus.SPARED, str(reason), None) for group, reason in spared],
        run,
    )
    tally = Counter({"messages": len(ids), "accounts": len(account_ids)})
    for group, reason in spared:
        tally[f"spared.{reason}"] += len(group.account_ids)
    tally["deferred"] = sum(1 for message in messages if message.not_before)
    return tally


def _had_by(ready: Sequence[tuple[Group, TemplateVersion]], as_of: date) -> Had:
    """Who had the formal notices among these; asks nothing where there are none."""
    notices = [group for group, text in ready if text.template.notice]
    return Had.read([pk for group in notices for pk in group.account_ids], as_of=as_of)


def _has_had(had: Had, group: Group, text: TemplateVersion) -> bool:
    """Whether the group's debtor has this notice already: one of several came back, say."""
    kind = text.template.notice
    return bool(kind) and had.has(kind, group.debtor_id, group.account_ids)


def pick_text(group: Group, creditor: Creditor, book: TextBook) -> TemplateVersion | Spared:
    """The text of a group's message, or why there is none; see `text_for`."""
    return text_for(
        book,
        creditor,
        code=group.template_code,
        channel=group.channel,
        language=group.language,
        payer_type=group.payer_type,
        in_hardship=group.in_hardship,
    )


def text_for(
    book: TextBook,
    creditor: Creditor,
    *,
    code: str,
    channel: str,
    language: str,
    payer_type: str,
    in_hardship: bool,
) -> TemplateVersion | Spared:
    """The text in the language of who gets it if there is one, else the creditor's, else English.

    A person in hardship gets a soft one; where there is none, or no text at all, the reason.
    """
    wish = {
        "code": code,
        "channel": channel,
        "languages": [language, creditor.language],
        "payer_type": payer_type,
        "creditor_id": creditor.pk,
    }
    if text := book.pick(**wish, gentle=in_hardship):
        return text
    return Spared.TOO_FIRM if in_hardship and book.pick(**wish) else Spared.NO_TEXT


def message_key(group: Group) -> str:
    """The same for the same step of the same episodes, whichever run or worker comes to it."""
    return (
        f"step-{group.step_id}-{min(group.episode_ids)}-{len(group.episode_ids)}-{group.debtor_id}"
    )


def _keys_for(wanted: Sequence[str]) -> dict[str, str]:
    """The key of each step's message: its own, or where a message of that step was withheld before it
    left or was a notice that came back, the key of the next try; such a step may be taken later."""
    keys = {key: key for key in wanted}
    tries = dict(keys)
    number = 1
    while tries:
        over = set(
            Message.objects.filter(key__in=tries.values())
            .filter(
                Q(status=MessageStatus.WITHHELD) | Q(formal_notice__status=NoticeStatus.RETURNED)
            )
            .values_list("key", flat=True)
        )
        tries = {first: f"{first}-again-{number}" for first, key in tries.items() if key in over}
        keys |= tries
        number += 1
    return keys


def ask_for_groups(
    groups: Sequence[tuple[Group, TemplateVersion]], *, now: datetime, actor
) -> list[Given]:
    """Permits for now; where the gate names a later moment soon enough, for that moment."""
    return give_permits(
        requests=[_asked(group, text, now) for group, text in groups], wait=LONGEST_WAIT, actor=actor
    )


def _asked(group: Group, text: TemplateVersion, moment: datetime) -> Asked:
    return Asked(
        debtor_id=group.debtor_id,
        account_ids=tuple(sorted(group.account_ids)),
        channel=group.channel,
        moment=moment,
        purpose=Purpose.DEMAND,
        point_id=group.point_id,
        is_automatic=True,
        prints=prints_in(group.channel, text),
        carries=carries_of(text),
    )


def _record_steps(rows: Sequence[tuple[Group, str, str, int | None]], run: ReminderRun) -> None:
    """What became of each account's step; one that was spared before may be taken now."""
    record_steps(
        (
            (account_id, episode_id, step_id, due_on, status, reason, message_id, None, None)
            for group, status, reason, message_id in rows
            for account_id, episode_id, step_id, due_on in zip(
                group.account_ids, group.episode_ids, group.step_ids, group.due_on, strict=True
            )
        ),
        run,
    )
