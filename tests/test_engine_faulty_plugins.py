"""A plugin that fails on one record: that record is held, and everything else goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from houses import House, contact, invoice, line, make_house, put
from visitors import visitor

from hub.documents import Document, Kind
from hub.models import FlowMode
from hub.providers import Action, Allowed, Facts, Fit, Operation, Payload, TargetState
from hub.store import Store
from hub.testing import Books, MemoryLedger
from hub.vault import Vault

BAD = "BAD-1"


class FaultyLedger(MemoryLedger):
    """Fails in whichever of its pure parts is named, on the bad document alone."""

    fails_in = ""
    fails_together = False

    def fit(self, document: Document, facts: Facts) -> Fit:
        if self.fails_in == "fit" and document.label == BAD:
            raise KeyError("no such tax")
        return super().fit(document, facts)

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        if self.fails_in == "render" and any(one.document.label == BAD for one in operations):
            raise ZeroDivisionError("a rate of nothing")
        if self.fails_together and len(operations) > 1:
            raise ValueError("not together")
        return super().render(operations, facts)

    def allowed(self, kind: Kind, state: TargetState) -> Allowed:
        if self.fails_in == "allowed" and kind is Kind.INVOICE and state.number == BAD:
            raise LookupError("an unknown status")
        return super().allowed(kind, state)


@pytest.fixture
def ledger() -> FaultyLedger:
    return FaultyLedger(Books())


@pytest.fixture
def house(store: Store, vault: Vault, ledger: FaultyLedger) -> House:
    house = make_house(store, vault, ledger)
    put(house, contact())
    return house


def states(house: House) -> dict[str, str]:
    rows = house.operations(kind="invoice")
    return {row.label: row.state for row in rows if row.state != "replaced"}


@pytest.mark.parametrize("part", ["fit", "render"])
def test_only_the_record_that_the_plugin_fails_on_is_held(house: House, ledger: FaultyLedger, part: str) -> None:
    ledger.fails_in = part
    put(house, invoice("i1", "GOOD-1"), invoice("bad", BAD), invoice("i2", "GOOD-2"))
    house.run_stock()
    report = house.run_ledger()
    assert report is not None
    assert report.problem is None
    assert states(house) == {"GOOD-1": "done", BAD: "held", "GOOD-2": "done"}
    [held] = house.operations(state="held")
    assert held.problem_code == "plugin_failed"
    assert "The plugin of Memory ledger failed on BAD-1." in held.problem["what"]


@pytest.mark.parametrize("part", ["fit", "render"])
def test_after_the_plugin_was_mended_a_retry_posts_it(house: House, ledger: FaultyLedger, part: str) -> None:
    ledger.fails_in = part
    put(house, invoice("bad", BAD))
    house.sync()
    assert states(house) == {BAD: "held"}
    ledger.fails_in = ""
    house.person.retry([row.id for row in house.operations(state="held")])
    house.sync()
    assert states(house) == {BAD: "done"}


def test_what_can_not_be_rendered_together_goes_one_at_a_time(house: House, ledger: FaultyLedger) -> None:
    ledger.fails_together = True
    put(house, invoice("i1", "GOOD-1"), invoice("i2", "GOOD-2"))
    house.sync()
    assert states(house) == {"GOOD-1": "done", "GOOD-2": "done"}


def test_where_the_plugin_can_not_say_what_is_allowed_nothing_is_changed(house: House, ledger: FaultyLedger) -> None:
    put(house, invoice("bad", BAD), invoice("i1", "GOOD-1"))
    house.sync()
    ledger.fails_in = "allowed"
    put(house, invoice("bad", BAD, lines=(line("20.00"),)), invoice("i1", "GOOD-1", lines=(line("20.00"),)))
    house.sync()
    [held] = house.operations(state="held")
    assert (held.label, held.action, held.problem_code) == (BAD, Action.UPDATE.value, "change_not_allowed")
    assert house.operations(label="GOOD-1")[-1].state == "done"


def test_a_preview_says_that_the_plugin_failed(house: House, ledger: FaultyLedger) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("bad", BAD))
    house.sync()
    ledger.fails_in = "render"
    page = visitor(house).get(f"/operations/{house.operations(label=BAD)[0].id}")
    assert page.status == 200
    assert "failed on BAD-1. ZeroDivisionError: a rate of nothing" in page.text
