"""One of many texts, asked of the database with one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from statements import counting

from hub.documents import Kind
from hub.engine.among import among, among_few, one_of
from hub.engine.facts import load_list
from hub.engine.reference import load_reference
from hub.models import AuditEvent, Link, table
from hub.store import Store

EVENTS, LINKS = table(AuditEvent), table(Link)
ODD = ("plain", "it's", 'say "so"', "[1, 2]", "{a,b}", "Straße", "back\\slash", "")


def told(store: Store, subjects: Sequence[str]) -> list[str]:
    statement = sa.select(EVENTS.c.subject).where(among(EVENTS.c.subject, "subjects")).order_by(EVENTS.c.id)
    with store.read() as db:
        return list(db.execute(statement, {"subjects": subjects}).scalars())


@pytest.fixture
def events(store: Store) -> Store:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with store.write() as db:
        store.insert(db, AuditEvent, [{"at": at, "actor": "a", "what": "w", "subject": each} for each in ODD])
    return store


def test_each_of_the_texts_is_found_whatever_it_is_made_of(events: Store) -> None:
    assert told(events, ODD) == list(ODD)
    assert [told(events, [each]) for each in ODD] == [[each] for each in ODD]


def test_among_no_texts_nothing_is_found(events: Store) -> None:
    assert told(events, []) == []


def test_the_statement_is_the_same_however_many_texts_there_are(events: Store) -> None:
    with counting() as asked:
        assert [len(told(events, ODD[:count])) for count in (1, 3, 8)] == [1, 3, 8]
    assert len({each for each in asked if "audit_event" in each}) == 1


@pytest.mark.parametrize("count", [0, 1, 3, len(ODD)])
def test_keys_are_found_once_each_however_few_they_are(events: Store, count: int) -> None:
    by_id = sa.select(EVENTS.c.id).where(among(EVENTS.c.id, "keys")).order_by(EVENTS.c.id)
    by_text = sa.select(EVENTS.c.subject).where(among(EVENTS.c.subject, "keys")).order_by(EVENTS.c.id)
    with events.read() as db:
        ids = list(db.execute(sa.select(EVENTS.c.id).order_by(EVENTS.c.id).limit(count)).scalars())
        assert list(db.execute(by_id, {"keys": ids}).scalars()) == ids
        assert list(db.execute(by_text, {"keys": ODD[:count]}).scalars()) == list(ODD[:count])


def test_constants_are_written_out_and_are_no_parameters(events: Store) -> None:
    statement = sa.select(EVENTS.c.subject).where(one_of(EVENTS.c.subject, ("plain", "nowhere")))
    with events.read() as db, counting() as asked:
        assert list(db.execute(statement).scalars()) == ["plain"]
    assert asked[-1].endswith("IN ('plain', 'nowhere')")


def test_the_short_lists_are_asked_for_by_kinds_that_are_written_out(store: Store) -> None:
    with store.read() as db, counting() as asked:
        assert load_list(db, 1, Kind.ACCOUNT) == []
        assert load_reference(db, 1, 2).target_accounts == []
    assert "kind IN ('account')" in asked[-2]
    assert "kind IN ('account', 'tax_rate', 'bank_account', 'payment_method')" in asked[-1]


def test_what_is_among_the_few_that_a_statement_finds(events: Store) -> None:
    few = sa.select(EVENTS.c.id).where(EVENTS.c.subject.in_(["plain", "Straße", "nowhere"]))
    statement = sa.select(EVENTS.c.subject).where(among_few(EVENTS.c.id, few)).order_by(EVENTS.c.id)
    with events.read() as db:
        assert list(db.execute(statement).scalars()) == ["plain", "Straße"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_finds_them_by_an_index(store: Store) -> None:
    wanted = (LINKS.c.integration_id == 1, LINKS.c.kind == "contact", among(LINKS.c.source_id, "ids"))
    statement = sa.select(LINKS.c.id).where(*wanted).compile(store.engine)
    with store.read() as db:
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1, "contact", '["a", "b"]')).all()
    assert any("source_id=?" in row[-1] for row in plan), plan
