"""What a run would do before it goes: who would get what, who is spared and why, with the sums.

The pass judges into temporary tables on a transaction that is always taken back, so nothing of a
preview reaches the database, and a page of rows costs the same as the whole.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked, known_for
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import carries_of, prints_in
from campaigns.sending.enums import Spared
from campaigns.treatment import kept_previews, pass_sql, preview_sql
from campaigns.treatment.book_pass import House, judge_into_tables
from campaigns.treatment.kept_previews import bring_back
from campaigns.treatment.preview_notices import find_lacking
from campaigns.treatment.preview_rows import Preview, Sum, Wish, Would, add_up
from collections_app.core.own_connection import is_inside_a_test


def who_would_get_what(
    creditor: Creditor,
    as_of: date,
    *,
    now: datetime,
    as_if_released: bool = True,
    wish: Wish | None = None,
    user=None,
    keeps: bool = False,
    kept: str = "",
) -> Preview:
    """What a run of that day would queue for this creditor; nothing of it is kept.

    `as_if_released` looks past the missing release, for the page that decides about it. The sums
    are of the whole book; rows are those of `wish`, of accounts that `user` may see. The contact
    rules are asked for the rows of the page only: each message is judged again when it is queued
    and when it leaves. `keeps` keeps a large book's judging for its other pages, which pass its
    token as `kept`.
    """
    preview = Preview(creditor=creditor, as_of=as_of, wish=wish or Wish())
    seen = _seen_by(user, creditor)
    with _nothing_stays() as cursor:
        preview.judged_at = bring_back(cursor, kept, creditor_id=creditor.pk, as_of=as_of)
        if preview.judged_at is not None:
            preview.kept, texts = kept, _kept_texts(cursor)
        else:
            judge_into_tables(
                cursor,
                [House(creditor, now)],
                as_of=as_of,
                keeps_episodes=False,
                as_if_released=as_if_released,
            )
            texts = _choose_texts(cursor, creditor, as_of)
            find_lacking(cursor, as_of)
            cursor.execute("DROP TABLE IF EXISTS would")
            cursor.execute(preview_sql.WOULD)
        _read_sums(cursor, preview)
        if keeps and preview.judged_at is None and preview.due >= kept_previews.WORTH_KEEPING:
            preview.kept = kept_previews.keep(cursor, creditor_id=creditor.pk, as_of=as_of, now=now)
            preview.judged_at = now
        asked = _read_rows(cursor, preview, texts, seen)
    _ask_the_gate(preview.rows, asked, now, is_automatic=not as_if_released)
    return preview


@contextmanager
def _nothing_stays() -> Iterator:
    """A cursor whose transaction is always taken back, apart from the caller's own.

    So a page may look at a preview: nothing it does reaches the database.
    """
    if is_inside_a_test():
        guards, connection.execute_wrappers = connection.execute_wrappers, []
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                yield cursor
                transaction.set_rollback(True)
        finally:
            connection.execute_wrappers = guards
        return
    apart = connection.copy()
    try:
        apart.set_autocommit(False)
        with apart.cursor() as cursor:
            yield cursor
    finally:
        if apart.connection is not None:
            apart.rollback()
        apart.close()


def _seen_by(user, creditor: Creditor) -> list[int] | None:
    """Ids of the accounts whose rows the user may see; None is every one."""
    if user is None or user.role in SEES_EVERY_ACCOUNT:
        return None
    seen = Account.objects.visible_to(user).filter(creditor=creditor)
    return list(seen.values_list("pk", flat=True))


def _choose_texts(cursor, creditor: Creditor, as_of: date) -> dict[int, TemplateVersion]:
    """The text of each message, as the run would pick it; those without one are spared."""
    cursor.execute("DROP TABLE IF EXISTS led")
    cursor.execute(preview_sql.LED, {"as_of": as_of})
    cursor.execute(preview_sql.KINDS_OF_TEXT)
    book, texts, rows = TextBook(), {}, []
    for code, channel, language, payer_type, in_hardship in cursor.fetchall():
        wish = {
            "code": code,
            "channel": channel,
            "languages": [language, creditor.language],
            "payer_type": payer_type,
            "creditor_id": creditor.pk,
        }
        text = book.pick(**wish, gentle=in_hardship)
        if text is not None:
            texts[text.pk] = text
        rows.append(
            {
                "template_code": code,
                "channel": channel,
                "language": language,
                "payer_type": payer_type,
                "in_hardship": in_hardship,
                "text_id": text.pk if text is not None else None,
                "lack": Spared.TOO_FIRM if in_hardship and book.pick(**wish) else Spared.NO_TEXT,
            }
        )
    cursor.execute(preview_sql.TEXTS, {"texts": json.dumps(rows)})
    cursor.execute(preview_sql.NO_TEXT)
    return texts


def _kept_texts(cursor) -> dict[int, TemplateVersion]:
    cursor.execute("SELECT DISTINCT text_id FROM led WHERE text_id IS NOT NULL")
    ids = [row[0] for row in cursor.fetchall()]
    return TemplateVersion.objects.select_related("template").in_bulk(ids)


def _read_sums(cursor, preview: Preview) -> None:
    cursor.execute(preview_sql.MONEY_BY_OUTCOME)
    money: dict[tuple, dict[str, Decimal]] = {}
    for *key, currency, amount in cursor.fetchall():
        money.setdefault(tuple(key), {})[currency] = amount
    cursor.execute(preview_sql.BY_OUTCOME)
    spared: dict[str, list[Sum]] = {}
    for *key, debtors, accounts in cursor.fetchall():
        row = Sum(*key, debtors, accounts, money.get(tuple(key), {}))
        if row.reason:
            spared.setdefault(row.reason, []).append(row)
        else:
            preview.steps.append(row)
    preview.spared_sums = sorted(
        (_of_reason(reason, rows) for reason, rows in spared.items()),
        key=lambda row: (-row.accounts, row.reason),
    )


def _of_reason(reason: str, rows: Sequence[Sum]) -> Sum:
    return Sum(
        reason,
        0,
        "",
        "",
        sum(row.debtors for row in rows),
        sum(row.accounts for row in rows),
        add_up(rows),
    )


def _read_rows(
    cursor, preview: Preview, texts: dict[int, TemplateVersion], seen: list[int] | None
) -> dict[int, tuple[list[int], int | None]]:
    """The page's rows into the preview; returns (account ids, contact point) of its messages."""
    given = {**preview.wish.parameters(), "seen": seen}
    cursor.execute(preview_sql.CHOSEN_COUNT, given)
    preview.found, preview.found_accounts = cursor.fetchone()
    cursor.execute(preview_sql.CHOSEN_MONEY, given)
    preview.found_totals = dict(cursor.fetchall())
    cursor.execute(preview_sql.ROWS, given)
    for *columns, sums in cursor.fetchall():
        if isinstance(sums, str):  # a bare cursor gives JSON as its text
            sums = json.loads(sums)
        row = Would(*columns, {code: Decimal(amount) for code, amount in sorted(sums.items())})
        row.text = texts.get(row.text_id) if row.text_id else None
        preview.rows.append(row)
    cursor.execute(
        preview_sql.ASKED.format(kind=pass_sql.KIND_OF_CHANNEL.format(channel="led.channel")),
        {"debtors": [row.debtor_id for row in preview.rows if not row.reason]},
    )
    return {debtor_id: (accounts, point) for debtor_id, accounts, point in cursor.fetchall()}


def _ask_the_gate(
    rows: Sequence[Would],
    asked: dict[int, tuple[list[int], int | None]],
    now: datetime,
    *,
    is_automatic: bool,
) -> None:
    """Say of each message of the page whether it might go now, and if not, from when."""
    gets = [row for row in rows if row.debtor_id in asked and not row.reason]
    known = known_for(
        [
            Asked(
                debtor_id=row.debtor_id,
                account_ids=tuple(asked[row.debtor_id][0]),
                channel=row.channel,
                moment=now,
                purpose=Purpose.DEMAND,
                point_id=asked[row.debtor_id][1],
                is_automatic=is_automatic,
                prints=prints_in(row.channel, row.text),
                carries=carries_of(row.text),
            )
            for row in gets
        ]
    )
    for row, facts in zip(gets, known, strict=True):
        verdict = facts.verdict()
        if not verdict.allowed:
            row.gate, row.not_before = verdict.sentence, verdict.next_moment
