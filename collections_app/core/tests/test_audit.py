"""The audit record, and the seals that prove nobody touched it."""

import threading
from datetime import date
from decimal import Decimal
from io import StringIO
from uuid import UUID

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import InternalError

from collections_app.core import audit, sealing
from collections_app.core.enums import Role
from collections_app.core.models import AccessRecord, AuditRecord, Seal, SealCursor, Transition, User
from collections_app.testing import makers
from collections_app.testing.hang import HANG_SECONDS

KERNEL_TABLES = {model._meta.db_table for model in (AuditRecord, Transition, AccessRecord)}


@pytest.fixture(autouse=True)
def _only_the_kernels_tables(monkeypatch):
    kept = {name: table for name, table in audit.sealed_tables().items() if name in KERNEL_TABLES}
    monkeypatch.setattr(sealing, "_tables", kept)


@pytest.fixture
def actor(db):
    """A person, in a book in which nothing waits to be sealed and no seal stands yet."""
    return someone_in_a_fresh_book()


def someone_in_a_fresh_book():
    made = makers.user(role=Role.MANAGER)
    for table in ("core_seal", "core_sealcursor", *sorted(KERNEL_TABLES)):
        by_hand(f"DELETE FROM {table}")
    return made


def some_records(actor, number: int) -> list[AuditRecord]:
    return [audit.record("user.invited", actor, actor=actor, after={"n": n}) for n in range(number)]


def by_hand(sql: str, params=()) -> None:
    """Change the database behind the product's back: the triggers are off for it."""
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(sql, params)


# --- records ---


def test_a_record_says_who_did_what_to_what_and_why(actor):
    made = audit.record(
        "user.renamed",
        actor,
        actor=actor,
        before={"full_name": "A"},
        after={"full_name": "B"},
        reason="married",
    )
    stored = AuditRecord.objects.get(pk=made.pk)
    assert (stored.code, stored.subject_type, stored.subject_id) == ("user.renamed", "core.user", actor.pk)
    assert (stored.before, stored.after, stored.reason) == ({"full_name": "A"}, {"full_name": "B"}, "married")
    assert stored.recorded_at is not None


def test_an_actor_is_mandatory(actor):
    with pytest.raises(ValueError, match="actor"):
        audit.record("user.renamed", actor, actor=None)


def test_values_are_kept_as_json_can_hold_them(actor):
    key = UUID(int=5)
    facts = {"amount": Decimal("1.50"), "day": date(2026, 1, 2), "who": actor}
    facts |= {"set": {3, 1}, "key": key, "no": None}
    stored = AuditRecord.objects.get(pk=audit.record("x.y", actor, actor=actor, after=facts).pk)
    assert stored.after == {
        "amount": "1.50", "day": "2026-01-02", "who": actor.pk, "set": [1, 3], "key": str(key), "no": None,
    }  # fmt: skip
    with pytest.raises(TypeError):
        audit.record("x.y", actor, actor=actor, after={"amount": 0.1})


def test_a_set_has_one_record_with_count_and_digest(actor):
    made = audit.record_set("user.moved", User, ids=[5, 3, 5], actor=actor, after={"team": 1})
    assert (made.rows, made.after["count"], made.after["ids"]) == (2, 2, [3, 5])
    assert made.after["ids_sha256"] == audit.digest_of_ids([5, 3])
    assert audit.record_set("user.moved", User, ids=[], actor=actor) is None


def test_a_record_is_never_changed_or_deleted(actor):
    record = some_records(actor, 1)[0]
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        AuditRecord.objects.filter(pk=record.pk).update(reason="other")
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        record.delete()


def test_access_is_recorded(actor):
    audit.record_access("revealed", actor, user=actor, detail={"field": "phone"})
    audit.record_access("exported", User, user=actor, rows=412)
    first, second = AccessRecord.objects.order_by("id")
    assert (first.kind, first.subject_type, first.subject_id) == ("revealed", "core.user", actor.pk)
    assert first.detail == {"field": "phone"}
    assert (second.subject_id, second.rows) == (None, 412)


@pytest.mark.django_db(transaction=True)
def test_access_outlives_the_callers_rollback_and_read_only_transaction():
    actor = someone_in_a_fresh_book()

    class Boom(Exception):
        pass

    @transaction.atomic
    def look():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        audit.record_access("downloaded", actor, user=actor)
        raise Boom

    with pytest.raises(Boom):
        look()
    assert AccessRecord.objects.count() == 1


# --- seals ---


def test_what_is_sealed_holds_and_the_head_is_named(actor):
    some_records(actor, 7)
    assert audit.seal() == 7
    assert audit.seal() == 0
    verdict = audit.verify()
    assert verdict.holds
    assert (verdict.seals, verdict.rows) == (1, 7)
    assert verdict.head == bytes(Seal.objects.get().hash).hex()
    assert {tail.table: tail.rows for tail in verdict.tails}["core_auditrecord"] == 0


def test_chunks_of_several_tables_make_one_chain(actor, monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK_ROWS", 3)
    some_records(actor, 7)
    audit.record_access("seen", actor, user=actor)
    assert audit.seal() == 8
    some_records(actor, 2)
    assert audit.seal() == 2
    links = list(Seal.objects.order_by("id"))
    assert [link.row_count for link in links] == [3, 3, 1, 1, 2]
    assert all(bytes(b.previous_hash) == bytes(a.hash) for a, b in zip(links, links[1:], strict=False))
    assert audit.verify().holds


def test_the_tail_is_told_with_its_age(actor):
    some_records(actor, 2)
    tail = {tail.table: tail for tail in audit.verify().tails}["core_auditrecord"]
    assert tail.rows == 2
    assert tail.age.total_seconds() > 0


@pytest.mark.parametrize(
    "sql, word",
    [
        ("UPDATE core_auditrecord SET reason = 'x' WHERE id = %s", "changed"),
        ("UPDATE core_auditrecord SET recorded_at = recorded_at + interval '1 us' WHERE id = %s", "changed"),
        ("DELETE FROM core_auditrecord WHERE id = %s", "vanished"),
    ],
)
def test_one_changed_row_is_named(actor, sql, word):
    row = some_records(actor, 5)[2].pk
    audit.seal()
    by_hand(sql, [row])
    verdict = audit.verify()
    assert [(fault.table, fault.row) for fault in verdict.faults] == [("core_auditrecord", row)]
    assert word in str(verdict.faults[0])
    with pytest.raises(SystemExit) as stop:
        call_command("verify_audit", stdout=StringIO(), stderr=(told := StringIO()))
    assert stop.value.code == 1
    assert f"core_auditrecord row {row}" in told.getvalue()


def test_a_row_slipped_into_a_sealed_range_is_named(actor):
    first = some_records(actor, 1)[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('core_auditrecord', 'id'))")
        gap = cursor.fetchone()[0]
    some_records(actor, 1)
    audit.seal()
    by_hand(
        "INSERT INTO core_auditrecord (id, code, subject_type, subject_id, actor_id, reason, before, after,"
        " rows, request_id) SELECT %s, code, subject_type, subject_id, actor_id, 'forged', before, after,"
        " rows, request_id FROM core_auditrecord WHERE id = %s",
        [gap, first.pk],
    )
    assert [(fault.row, "slipped" in fault.what) for fault in audit.verify().faults] == [(gap, True)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE core_seal SET digests = set_byte(digests, 3, 255 - get_byte(digests, 3))"
        " WHERE id = (SELECT min(id) FROM core_seal)",
        "UPDATE core_seal SET hash = sha256(hash) WHERE id = (SELECT min(id) FROM core_seal)",
        "DELETE FROM core_seal WHERE id = (SELECT min(id) FROM core_seal)",
        "DELETE FROM core_seal WHERE id = (SELECT max(id) FROM core_seal)",
    ],
)
def test_the_chain_itself_cannot_be_mended_by_hand(actor, sql):
    for _ in range(3):
        some_records(actor, 2)
        audit.seal()
    by_hand(sql)
    assert not audit.verify().holds


def test_the_command_says_that_all_holds(actor):
    some_records(actor, 3)
    call_command("verify_audit", stdout=(told := StringIO()))
    assert "3 rows under 1 seals hold" in told.getvalue()


def test_the_session_time_zone_does_not_change_a_digest(actor):
    some_records(actor, 2)
    audit.seal()
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'Asia/Dubai'")
    assert audit.verify().holds
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")


def test_after_a_restore_what_was_noted_is_forgotten(actor):
    SealCursor.objects.create(table="core_auditrecord", pending_through=9, pending_xmax=2**60)
    audit.reset_pending()
    some_records(actor, 2)
    assert audit.seal() == 2


class Neighbour(threading.Thread):
    """Another connection that runs `first`, waits to be told, and then runs `then` and commits."""

    def __init__(self, first, then):
        super().__init__()
        self.first, self.then = first, then
        self.ready, self.go = threading.Event(), threading.Event()
        self.fault = None

    def run(self):
        try:
            with transaction.atomic():
                self.first()
                self.ready.set()
                assert self.go.wait(HANG_SECONDS)
                self.then()
        except Exception as fault:  # told to the test below
            self.fault = fault
        finally:
            self.ready.set()
            connection.close()

    def finish(self):
        self.go.set()
        self.join(HANG_SECONDS)
        assert self.fault is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("draws_only", [False, True])
def test_a_range_is_not_sealed_while_a_transaction_may_still_commit_into_it(draws_only):
    """The neighbour holds a lower id: written but not committed, or only drawn from the sequence."""
    actor = someone_in_a_fresh_book()
    drawn = []

    def draw():
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('core_auditrecord', 'id'))")
            drawn.append(cursor.fetchone()[0])

    def write():
        drawn.append(some_records(actor, 1)[0].pk)

    def write_drawn():
        AuditRecord.objects.create(pk=drawn[0], code="a.b", subject_type="core.user", actor=actor)

    neighbour = Neighbour(draw, write_drawn) if draws_only else Neighbour(write, list)
    neighbour.start()
    neighbour.ready.wait(HANG_SECONDS)
    later = some_records(actor, 1)[0].pk
    assert later > drawn[0]
    assert audit.seal() == 0
    assert audit.seal() == 0
    neighbour.finish()
    assert audit.seal() == 2
    verdict = audit.verify()
    assert verdict.holds
    assert verdict.rows == 2


@pytest.mark.django_db(transaction=True)
def test_a_reader_and_a_late_writer_do_not_hold_the_sealer_up():
    actor = someone_in_a_fresh_book()
    some_records(actor, 2)
    reader = Neighbour(lambda: AuditRecord.objects.count(), list)
    reader.start()
    reader.ready.wait(HANG_SECONDS)
    assert audit.seal() == 2
    reader.finish()


@pytest.mark.django_db(transaction=True)
def test_verifying_while_the_sealer_works_raises_no_false_alarm():
    actor = someone_in_a_fresh_book()
    stop, faults = threading.Event(), []

    def work():
        while not stop.is_set():
            some_records(actor, 2)
            audit.seal()
        connection.close()

    sealer = threading.Thread(target=work)
    sealer.start()
    for _ in range(25):
        faults += audit.verify().faults
    stop.set()
    sealer.join(HANG_SECONDS)
    assert faults == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_never_fork_the_chain():
    actor = someone_in_a_fresh_book()
    some_records(actor, 50)
    results = []

    def seal():
        results.append(audit.seal())
        connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_SECONDS)
    audit.seal()
    assert sum(results) <= 50
    assert audit.verify().holds
    assert audit.verify().rows == 50


@pytest.mark.django_db
def test_records_of_one_act_go_in_together_and_in_order(django_assert_num_queries):
    subject, actor = makers.team(), makers.system()
    before = AuditRecord.objects.count()
    with django_assert_num_queries(1), audit.together():
        audit.record("one.thing", subject, actor=actor)
        with audit.together():
            audit.record_set("many.things", type(subject), ids=[3, 1], actor=actor)
    found = AuditRecord.objects.order_by("pk")[before:]
    assert [(row.code, row.rows) for row in found] == [("one.thing", 1), ("many.things", 2)]


@pytest.mark.django_db
def test_an_act_that_fails_leaves_no_record():
    subject = makers.team()
    before = AuditRecord.objects.count()

    @audit.together()
    def fail():
        audit.record("one.thing", subject, actor=makers.system())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    audit.record("another.thing", subject, actor=makers.system())
    assert AuditRecord.objects.count() == before + 1
