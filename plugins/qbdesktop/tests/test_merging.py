"""A change of ours beside what people did in QuickBooks: it says only what is ours, and is written once."""

from __future__ import annotations

from decimal import Decimal

import desktop_samples as samples
from desktop_machine import Desktop, invoice, sold
from sim_qbdesktop import person

from hub import Kind


def corrected(net: str) -> object:
    return samples.trade(Kind.INVOICE, sold(net), external_id="i1", number="SO-1")


def test_what_a_person_added_beside_ours_stays_when_the_document_is_corrected(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"))
    desktop.visit(2)
    person.act(desktop.sim.quickbooks, "edit", {"id": desktop.links()["i1"], "changes": {"PONumber": "P-9"}})
    desktop.put(corrected("12.00"))
    last = desktop.visit()
    [kept] = desktop.books("Invoice")
    assert (kept.total, kept.fields["PONumber"]) == (Decimal("12.00"), "P-9")
    assert len([each for each in last.exchanges if "<InvoiceModRq" in each.request]) == 1
    assert [row.state for row in desktop.operations(action="update")][-1] == "done"


def test_a_change_that_came_between_is_read_again_and_ours_is_written_once(desktop: Desktop) -> None:
    """QuickBooks says 3200 with the object as it stands; the next visit reads it and sends ours with its sequence."""
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"))
    desktop.visit(2)
    stale = {"code": 3200, "message": 'The provided edit sequence "1" is out-of-date.'}
    desktop.sim.faults.add([{"kind": "status", "match": "InvoiceModRq", "params": stale}])
    desktop.put(corrected("12.00"))
    desktop.visit()
    [kept] = desktop.books("Invoice")
    assert kept.total == Decimal("10.00")
    person.act(desktop.sim.quickbooks, "edit", {"id": kept.txn_id, "changes": {"PONumber": "P-9"}})
    before = kept.edit_sequence
    desktop.visit()
    [kept] = desktop.books("Invoice")
    assert (kept.total, kept.fields["PONumber"]) == (Decimal("12.00"), "P-9")
    assert kept.edit_sequence != before
    assert [row.state for row in desktop.operations(action="update")][-1] == "done"


def test_what_both_sides_changed_waits_for_a_person_and_nothing_is_overwritten(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"))
    desktop.visit(2)
    person.act(desktop.sim.quickbooks, "edit", {"id": desktop.links()["i1"], "changes": {"RefNumber": "MINE"}})
    desktop.put(corrected("12.00"))
    desktop.visit(2)
    [kept] = desktop.books("Invoice")
    assert (kept.total, kept.fields["RefNumber"]) == (Decimal("10.00"), "MINE")
    assert "edited_on_both_sides" in {problem["code"] for _, problem in desktop.unfinished().values() if problem}
