"""Entries that stand or fall together: split payments, moved credit, recoveries with their payment."""

from django.db import connection

from accounts.ledger.enums import GroupKind
from accounts.ledger.models import EntryGroup, GroupedEntry


def tie(entries, posted_of, reinstated, recovered) -> None:
    """Keep which entries stand or fall together: those that say so, and recoveries with their payment."""
    groups = {}
    for entry in entries:
        if entry.belongs and id(entry) in posted_of:
            groups.setdefault(entry.belongs, []).append(posted_of[id(entry)])
    made = [(EntryGroup(kind=kind), members) for kind, members in groups.items()]
    for (row_number, _entry), recovery in zip(reinstated, recovered, strict=True):
        payment = posted_of[id(entries[row_number - 1])]
        made.append((EntryGroup(kind=GroupKind.RECOVERY), [payment, recovery]))
    if not made:
        return
    EntryGroup.objects.bulk_create([group for group, _members in made])
    GroupedEntry.objects.bulk_create(
        GroupedEntry(group=group, entry=member, position=position)
        for group, members in made
        for position, member in enumerate(members)
    )


def tie_recoveries(table: str, reinstated, recovered) -> None:
    """Keep which payment of a posted table each recovery belongs to."""
    if not reinstated:
        return
    groups = EntryGroup.objects.bulk_create(EntryGroup(kind=GroupKind.RECOVERY) for _pair in reinstated)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH made AS (
                SELECT * FROM unnest(%(groups)s::bigint[], %(rows)s::bigint[], %(made)s::bigint[])
                     AS made(group_id, row_number, recovery_id)
            )
            INSERT INTO accounts_groupedentry (group_id, entry_id, position)
            SELECT m.group_id, t.id, 0 FROM made m JOIN {table} t ON t.row_number = m.row_number
            UNION ALL
            SELECT m.group_id, m.recovery_id, 1 FROM made m
            """,
            {
                "groups": [group.pk for group in groups],
                "rows": [row for row, _entry in reinstated],
                "made": [entry.pk for entry in recovered[: len(reinstated)]],
            },
        )
