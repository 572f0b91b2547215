"""A proof of no double posting from QuickBooks: made within a visit, by numbers and marks alone."""

from __future__ import annotations

import copy
from typing import Any

import desktop_samples as samples
import sqlalchemy as sa
from desktop_machine import Desktop, bill, invoice

from hub import Kind
from hub.engine.reconciling import Proving
from hub.models import Proof, table


def proved(desktop: Desktop) -> Any:
    office = desktop.office
    made = Proving(office.hub, "bookkeeper").ask(office.integration_id)
    assert desktop.visit().outcome == "done"
    rows = table(Proof)
    with office.hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.id == made)).one()


def test_every_document_is_found_once_by_its_mark_and_a_second_one_is_told(desktop: Desktop) -> None:
    desktop.switch_on(Kind.BILL, Kind.PAYMENT)
    desktop.put(
        samples.contact("Harbour Stores"),
        samples.vendor("Leaf Imports"),
        invoice(),
        invoice(external_id="i2", number="SO-2"),
        bill(),
        samples.payment(amount="4.00"),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    row = proved(desktop)
    assert (row.state, row.problem) == ("done", None)
    assert row.kinds == {"bill": 1, "invoice": 2, "payment": 1}
    assert (row.asked, row.found, row.duplicates, row.missing) == (4, 4, [], [])

    again = copy.deepcopy(next(each for each in desktop.books("Invoice") if each.fields["RefNumber"] == "SO-2"))
    again.txn_id = "DEAD-1"
    desktop.sim.company.transactions.put(again.txn_id, again)
    (found,) = proved(desktop).duplicates
    assert (found["label"], found["source_id"]) == ("SO-2", "i2")
    assert [target["linked"] for target in found["targets"]] == [True, False]
