"""The proof of no double posting: the ledger is asked for every mark, and says itself that nothing is there twice."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import sqlalchemy as sa
from conftest import Platform
from furnishing import set_up_once
from houses import House, called, payment, put
from reconciled import busy_month, perpetual
from visitors import visitor

from hub.documents import Kind
from hub.engine.reconciling import Proving, prove
from hub.errors import SettingsError, UnreachableError
from hub.http import Door
from hub.models import Proof, table
from hub.providers import Connection
from hub.store import Store
from hub.testing import MemoryLedger
from hub.testing.memory import LedgerSession
from hub.vault import Vault

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
rows = table(Proof)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    put(house, payment())
    house.sync()
    return house


def proved(house: House) -> Any:
    made = Proving(house.hub, "anna@example.com").ask(house.integration_id)
    assert prove(house.hub, made)
    with house.hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.id == made)).one()


def twice(house: House, kind: Kind) -> str:
    """The ledger has a second record with the mark of the first of a kind."""
    first = next(entry for entry in house.books.entries.values() if entry.kind is kind)
    again = copy.deepcopy(first)
    again.id = f"{first.id}-again"
    house.books.entries[again.id] = again
    return again.id


def test_every_mark_is_asked_for_and_none_is_found_twice(house: House) -> None:
    row = proved(house)
    assert (row.state, row.links, row.asked, row.found) == ("done", 5, 5, 5)
    assert row.kinds == {"invoice": 1, "journal": 3, "payment": 1}
    assert (row.duplicates, row.missing) == ([], [])
    assert row.asked_by == "anna@example.com"


def test_a_second_target_with_the_same_mark_is_found_and_both_are_named(house: House) -> None:
    again = twice(house, Kind.INVOICE)
    row = proved(house)
    (found,) = row.duplicates
    assert (found["label"], found["kind"], found["source_id"]) == ("N-i1", "invoice", "i1")
    targets = [(target["id"], target["linked"]) for target in found["targets"]]
    assert targets == [(again.removesuffix("-again"), True), (again, False)]


@on_sqlite
def test_a_journal_that_was_posted_twice_is_found(house: House) -> None:
    twice(house, Kind.JOURNAL)
    assert [found["kind"] for found in proved(house).duplicates] == ["journal"]


@on_sqlite
def test_a_mark_that_somebody_removed_in_the_ledger_is_told_as_not_found(house: House) -> None:
    first = next(entry for entry in house.books.entries.values() if entry.kind is Kind.JOURNAL)
    first.native["mark"] = ""
    row = proved(house)
    assert (row.found, [found["label"] for found in row.missing]) == (4, ["N-j1"])


@on_sqlite
def test_what_it_costs_is_told_before_and_learnt_from_the_one_before(house: House) -> None:
    verbs = Proving(house.hub, "anna@example.com")
    assert verbs.expected(house.integration_id) == 3  # one batch of each kind
    row = proved(house)
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == row.id).values(calls=20))
    assert verbs.expected(house.integration_id) == 20


class Wired(MemoryLedger):
    """The ledger of a house, asked over the wire."""

    address = ""
    fails = False

    def open(self, connection: Connection, http: Door) -> LedgerSession:
        ledger = self

        class Session(LedgerSession):
            def look(self, operations: Any) -> Any:
                assert not any(one.target_id for one in operations)
                if ledger.fails:
                    raise UnreachableError("the ledger is away")
                marks = ",".join(one.document.external_id for one in operations)
                http.bind(base_url=ledger.address).call("GET", "/marks", params={"in": marks})
                return super().look(operations)

        return Session(self.books)


@pytest.fixture
def wired(house: House, platform: Platform) -> House:
    ledger = Wired(house.books)
    ledger.address = platform.url
    house.hub.providers["memoryledger"] = ledger
    return house


@on_sqlite
def test_the_questions_are_kept_as_they_were_sent_without_any_target(wired: House) -> None:
    row = proved(wired)
    assert row.calls == 3
    sent = [each["sent"] for each in row.queries]
    assert [query.partition(" ")[0] for query in sent] == ["GET"] * 3
    assert any("in=j1%2Cj2%2Cj3" in query for query in sent)
    assert sorted(each["kind"] for each in row.queries) == ["invoice", "journal", "payment"]
    seen = visitor(wired)
    assert seen.get(f"/proofs/{row.id}/calls").faults == []
    page = seen.get(f"/proofs/{row.id}")
    assert f"Journals: {next(query for query in sent if 'j1' in query)}" in page.text
    assert "Nothing is posted twice: 5 marks asked for, none found twice." in page.text
    assert sent[0] in page.text
    assert page.faults == []


@on_sqlite
def test_the_questions_of_one_that_began_anew_are_told_with_their_kinds_as_well(wired: House) -> None:
    made = Proving(wired.hub, "anna@example.com").ask(wired.integration_id)
    with wired.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == made).values(calls=70))  # of a process that ended
    assert prove(wired.hub, made)
    with wired.hub.store.read() as db:
        row = db.execute(sa.select(rows).where(rows.c.id == made)).one()
    marks = {each["kind"]: each["sent"].rpartition("in=")[2] for each in row.queries}
    assert marks == {"invoice": "i1", "journal": "j1%2Cj2%2Cj3", "payment": "pay1"}
    assert row.calls == 73


@on_sqlite
def test_a_ledger_that_does_not_answer_proves_nothing(wired: House) -> None:
    ledger = wired.hub.providers["memoryledger"]
    assert isinstance(ledger, Wired)
    ledger.fails = True
    row = proved(wired)
    assert (row.state, row.asked) == ("failed", 0)
    assert "the ledger is away" in row.problem["what"]
    assert "Nothing is posted twice" not in visitor(wired).get(f"/proofs/{row.id}").text


@on_sqlite
def test_one_proof_at_a_time(house: House) -> None:
    verbs = Proving(house.hub, "anna@example.com")
    first = verbs.ask(house.integration_id)
    with pytest.raises(SettingsError, match="looked through already"):
        verbs.ask(house.integration_id)
    verbs.stop(first)
    assert not prove(house.hub, first)
    assert proved(house).state == "done"


@on_sqlite
def test_the_page_tells_the_cost_and_starts_a_proof(house: House) -> None:
    seen = visitor(house)
    page = seen.get(f"/integrations/{house.integration_id}/proofs")
    assert "It takes about 3 calls." in page.text
    started = seen.follow(f"/integrations/{house.integration_id}/proofs")
    assert "Waiting to begin." in started.text
    (part,) = [tag for tag in started.tags("div") if tag.get("id") == "live"]
    assert part["hx-get"] == "/proofs/1/live"
    assert seen.get(part["hx-get"]).status == 200
    twice(house, Kind.INVOICE)
    assert prove(house.hub, 1)
    ended = seen.get("/proofs/1/live")
    assert (ended.status, ended.headers["HX-Retarget"]) == (286, "#content")
    assert "1 document is in the ledger more than once." in ended.text
    told = seen.get("/proofs/1")
    assert "hx-get" not in told.html
    assert "Proof of 2026-03-01 09:00 UTC: Shelf -> Books" in told.text
    assert "1 document is in the ledger more than once." in told.text
    assert told.faults == []


@on_sqlite
def test_a_long_question_is_cut_by_its_letters_and_opens_as_a_whole(house: House) -> None:
    address = "GET https://ledger.example/invoices?marks=" + ",".join(f"mark-{n}" for n in range(60))
    made = Proving(house.hub, "anna@example.com").ask(house.integration_id)
    assert prove(house.hub, made)
    with house.hub.store.write() as db:
        query = {"kind": "invoice", "exchange": 1, "sent": address}
        db.execute(sa.update(table(Proof)).values(queries=[query]))
    page = visitor(house).get(f"/proofs/{made}")
    assert page.faults == []
    assert f">{address[:197]}...</a>" in page.html
    assert f"All of it {address}" in page.text
